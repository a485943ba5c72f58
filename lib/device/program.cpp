#include "hone/program.hpp"

#include "lib/base/saturating.hpp"
#include "lib/device/encoding.hpp"

namespace hone {

namespace {

// Structured bindings on purpose: a member added to one of these types stops the build here, and
// is not forgotten in the digest.

void encode(Encoding& out, const Tile& tile) {
    const auto& [dim, extent, stages] = tile;
    out.integer(dim).integer(extent).integer(stages);
}

void encode(Encoding& out, const Extent& extent) {
    const auto& [factor, terms, plus] = extent;
    out.integer(factor).list(terms, [&](const Extent::Term& term) {
        const auto& [dim, divisor] = term;
        out.integer(dim).integer(divisor);
    });
    out.list(plus, [&](const Extent& summand) { encode(out, summand); });
}

void encode(Encoding& out, const Module& module) {
    const auto& [kind, name, source, options, entries, library, version, bytes] = module;
    const auto text = [&](const std::string& value) { out.text(value); };
    out.integer(static_cast<int>(kind)).text(name).text(source);
    out.list(options, text).list(entries, text);
    out.text(library).text(version).bytes(bytes);
}

// The alternatives of KernelArg, each with its own tag.

void encode(Encoding& out, const OperandArg& arg) {
    const auto& [operand, offset_bytes] = arg;
    out.text("operand").integer(operand).integer(offset_bytes);
}

void encode(Encoding& out, const ScalarArg& arg) {
    const auto& [operand] = arg;
    out.text("scalar").integer(operand);
}

void encode(Encoding& out, const WorkspaceArg& arg) {
    const auto& [offset_bytes] = arg;
    out.text("workspace");
    encode(out, offset_bytes);
}

void encode(Encoding& out, const PreparedArg& arg) {
    const auto& [prepared] = arg;
    out.text("prepared").integer(prepared);
}

void encode(Encoding& out, const DimArg& arg) {
    const auto& [dim, bits] = arg;
    out.text("dim").integer(dim).integer(bits);
}

void encode(Encoding& out, const StrideArg& arg) {
    const auto& [operand, axis, bits] = arg;
    out.text("stride").integer(operand).integer(axis).integer(bits);
}

void encode(Encoding& out, const ImmediateArg& arg) {
    const auto& [value, bits] = arg;
    out.text("immediate").integer(static_cast<std::int64_t>(value)).integer(bits);
}

void encode(Encoding& out, const TensorMap& map) {
    const auto& [operand, offset_bytes, dtype, rank, sizes, strides_bytes, box, element_strides,
                 swizzle_bytes, l2_promotion_bytes, fill_nan] = map;
    out.text("tensor_map").integer(operand).integer(offset_bytes);
    out.text(to_string(dtype)).integer(rank);
    out.integers(sizes).integers(strides_bytes).integers(box).integers(element_strides);
    out.integer(swizzle_bytes).integer(l2_promotion_bytes).integer(fill_nan);
}

void encode(Encoding& out, const Step& step) {
    const auto& [module, kernel, grid, block, cluster, shared_bytes, args, flags] = step;
    out.integer(module).text(kernel);
    for (const Extent& extent : grid) encode(out, extent);
    out.integers(block).integers(cluster).integer(shared_bytes);
    out.list(args, [&](const KernelArg& arg) {
        std::visit([&](const auto& alternative) { encode(out, alternative); }, arg);
    });
    out.integer(flags);
}

void encode(Encoding& out, const ZeroInit& zero) {
    const auto& [in_workspace, operand, offset_bytes, bytes] = zero;
    out.integer(in_workspace).integer(operand);
    encode(out, offset_bytes);
    encode(out, bytes);
}

void encode(Encoding& out, const Prepare& prepare) {
    const auto& [operand, layout, bytes, steps] = prepare;
    out.integer(operand).text(layout);
    encode(out, bytes);
    out.list(steps, [&](const Step& step) { encode(out, step); });
}

void encode(Encoding& out, const Numerics& numerics) {
    const auto& [operand, accumulator, split_terms, deterministic, batch_invariant] = numerics;
    out.text(to_string(operand)).text(to_string(accumulator)).integer(split_terms);
    out.integer(deterministic).integer(batch_invariant);
}

void encode(Encoding& out, const Program& program) {
    const auto& [modules, steps, workspace_bytes, zero_init, prepare, numerics, tiles] = program;
    const auto element = [&](const auto& value) { encode(out, value); };
    out.list(modules, element).list(steps, element);
    encode(out, workspace_bytes);
    out.list(zero_init, element).list(prepare, element);
    encode(out, numerics);
    out.list(tiles, element);
}

} // namespace

std::int64_t Extent::value(const Problem& problem) const noexcept {
    std::int64_t result = factor;
    for (const Term& term : terms) {
        const std::int64_t dim = problem.dims[static_cast<std::size_t>(term.dim)];
        result = saturating_multiply(result, ceil_divide(dim, term.divisor));
    }
    for (const Extent& summand : plus) result = saturating_add(result, summand.value(problem));
    return result;
}

Digest digest(const Program& program) {
    Encoding out("hone.program/1");
    encode(out, program);
    return out.digest();
}

Digest digest(const Module& module) {
    Encoding out("hone.module/1");
    encode(out, module);
    return out.digest();
}

} // namespace hone
