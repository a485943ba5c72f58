// How hone's own types go into messages.
#pragma once

#include "hone/backend.hpp"
#include "lib/worker/device_worker.hpp"
#include "lib/worker/wire.hpp"

namespace hone {

constexpr int wire_values(Outcome) noexcept { return outcome_count; }
constexpr int wire_values(DType) noexcept { return dtype_count; }
constexpr int wire_values(Role) noexcept { return 6; }
constexpr int wire_values(Isolation) noexcept { return 2; }
constexpr int wire_values(Module::Kind) noexcept { return 3; }
constexpr int wire_values(Errc) noexcept { return 8; }

// Programs

template <typename Wire, WireType<Module> T> void fields(Wire& wire, T& m) {
    auto& [kind, name, source, options, entries, library, version, bytes] = m;
    wire(kind, name, source, options, entries, library, version, bytes);
}
template <typename Wire, WireType<Extent::Term> T> void fields(Wire& wire, T& term) {
    auto& [dim, divisor] = term;
    wire(dim, divisor);
}
template <typename Wire, WireType<Extent> T> void fields(Wire& wire, T& extent) {
    auto& [factor, terms, plus] = extent;
    wire(factor, terms, plus);
}
template <typename Wire, WireType<TensorMap> T> void fields(Wire& wire, T& map) {
    auto& [operand, offset_bytes, dtype, rank, sizes, strides_bytes, box, element_strides,
           swizzle_bytes, l2_promotion_bytes, fill_nan] = map;
    wire(operand, offset_bytes, dtype, rank, sizes, strides_bytes, box, element_strides,
         swizzle_bytes, l2_promotion_bytes, fill_nan);
}
template <typename Wire, WireType<OperandArg> T> void fields(Wire& wire, T& arg) {
    auto& [operand, offset_bytes] = arg;
    wire(operand, offset_bytes);
}
template <typename Wire, WireType<ScalarArg> T> void fields(Wire& wire, T& arg) {
    auto& [operand] = arg;
    wire(operand);
}
template <typename Wire, WireType<WorkspaceArg> T> void fields(Wire& wire, T& arg) {
    auto& [offset_bytes] = arg;
    wire(offset_bytes);
}
template <typename Wire, WireType<PreparedArg> T> void fields(Wire& wire, T& arg) {
    auto& [prepared] = arg;
    wire(prepared);
}
template <typename Wire, WireType<DimArg> T> void fields(Wire& wire, T& arg) {
    auto& [dim, bits] = arg;
    wire(dim, bits);
}
template <typename Wire, WireType<StrideArg> T> void fields(Wire& wire, T& arg) {
    auto& [operand, axis, bits] = arg;
    wire(operand, axis, bits);
}
template <typename Wire, WireType<ImmediateArg> T> void fields(Wire& wire, T& arg) {
    auto& [value, bits] = arg;
    wire(value, bits);
}
template <typename Wire, WireType<Step> T> void fields(Wire& wire, T& step) {
    auto& [module, kernel, grid, block, cluster, shared_bytes, args, flags] = step;
    wire(module, kernel, grid, block, cluster, shared_bytes, args, flags);
}
template <typename Wire, WireType<ZeroInit> T> void fields(Wire& wire, T& zero) {
    auto& [in_workspace, operand, offset_bytes, bytes] = zero;
    wire(in_workspace, operand, offset_bytes, bytes);
}
template <typename Wire, WireType<Prepare> T> void fields(Wire& wire, T& prepare) {
    auto& [operand, layout, bytes, steps] = prepare;
    wire(operand, layout, bytes, steps);
}
template <typename Wire, WireType<Numerics> T> void fields(Wire& wire, T& numerics) {
    auto& [operand, accumulator, split_terms, deterministic, batch_invariant] = numerics;
    wire(operand, accumulator, split_terms, deterministic, batch_invariant);
}
template <typename Wire, WireType<Tile> T> void fields(Wire& wire, T& tile) {
    auto& [dim, extent, stages] = tile;
    wire(dim, extent, stages);
}
template <typename Wire, WireType<Program> T> void fields(Wire& wire, T& program) {
    auto& [modules, steps, workspace_bytes, zero_init, prepare, numerics, tiles] = program;
    wire(modules, steps, workspace_bytes, zero_init, prepare, numerics, tiles);
}
template <typename Wire, WireType<Resources> T> void fields(Wire& wire, T& resources) {
    auto& [registers, spill_bytes, stack_bytes, shared_bytes] = resources;
    wire(registers, spill_bytes, stack_bytes, shared_bytes);
}
template <typename Wire, WireType<Binary> T> void fields(Wire& wire, T& binary) {
    auto& [format, bytes, resources] = binary;
    wire(format, bytes, resources);
}
template <typename Wire, WireType<Executable> T> void fields(Wire& wire, T& executable) {
    auto& [program, binaries] = executable;
    wire(program, binaries);
}
template <typename Wire, WireType<CompileResult> T> void fields(Wire& wire, T& result) {
    auto& [outcome, binary, log] = result;
    wire(outcome, binary, log);
}

// Problems and devices

template <typename Wire, WireType<ArgSpec> T> void fields(Wire& wire, T& spec) {
    auto& [name, role, dtype, rank, shape, strides, factor] = spec;
    wire(name, role, dtype, rank, shape, strides, factor);
}
inline void fields(WireWriter& wire, const Name& name) { wire(std::string(name.view())); }
inline void fields(WireReader& wire, Name& name) {
    std::string text;
    wire(text);
    try {
        name = Name(text);
    } catch (const Error& error) {
        throw Malformed(error.what());
    }
}
template <typename Wire, WireType<Problem> T> void fields(Wire& wire, T& problem) {
    auto& [operation, dims, attributes, names, dtypes] = problem;
    wire(operation, dims, attributes, names, dtypes);
}
template <typename Wire, WireType<DeviceModel> T> void fields(Wire& wire, T& model) {
    auto& [backend, arch, name, features, cores, shared_bytes, registers, l1_bytes, l2_bytes,
           l3_bytes, memory_gib, bandwidth_gbps, clock_mhz, memory_clock_mhz, power_watts, slice,
           virtualised] = model;
    wire(backend, arch, name, features, cores, shared_bytes, registers, l1_bytes, l2_bytes,
         l3_bytes, memory_gib, bandwidth_gbps, clock_mhz, memory_clock_mhz, power_watts, slice,
         virtualised);
}
template <typename Wire, WireType<Device> T> void fields(Wire& wire, T& device) {
    auto& [id, ordinal, model] = device;
    wire(id, ordinal, model);
}

// Measuring

template <typename Wire, WireType<Policy> T> void fields(Wire& wire, T& policy) {
    auto& [name, cold, min_sample_ns, warm_up_ns, max_foreign_load, rotate_bytes, energy_ns] =
        policy;
    wire(name, cold, min_sample_ns, warm_up_ns, max_foreign_load, rotate_bytes, energy_ns);
}
template <typename Wire, WireType<Samples> T> void fields(Wire& wire, T& samples) {
    auto& [picoseconds, dropped, clock_khz, throttle_bits, energy_uj] = samples;
    wire(picoseconds, dropped, clock_khz, throttle_bits, energy_uj);
}
template <typename Wire, WireType<Finding> T> void fields(Wire& wire, T& finding) {
    auto& [rule, message, file, line, count] = finding;
    wire(rule, message, file, line, count);
}
template <typename Wire, WireType<Count> T> void fields(Wire& wire, T& count) {
    auto& [name, value] = count;
    wire(name, value);
}
template <typename Wire, WireType<RunReport> T> void fields(Wire& wire, T& report) {
    auto& [outcome, detail, poisoned, reports, counts] = report;
    wire(outcome, detail, poisoned, reports, counts);
}
template <typename Wire, WireType<CheckReport> T> void fields(Wire& wire, T& report) {
    auto& [run, duration_ps] = report;
    wire(run, duration_ps);
}
template <typename Wire, WireType<SampleReport> T> void fields(Wire& wire, T& report) {
    auto& [run, program, samples] = report;
    wire(run, program, samples);
}

} // namespace hone
