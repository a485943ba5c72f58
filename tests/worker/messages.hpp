// One message of every type, with something in every field.
#pragma once

#include "lib/worker/message.hpp"

#include <tuple>

namespace hone::test {

inline Extent some_extent() { return {.factor = 4, .terms = {{0, 16}, {2, 1}}}; }

inline Step some_step() {
    TensorMap map;
    map.operand = 1;
    map.dtype = DType::e4m3;
    map.box = {64, 128};
    map.swizzle_bytes = 128;
    map.fill_nan = true;
    Step step;
    step.module = 0;
    step.kernel = "gemm";
    step.grid = {some_extent(), {}, {}};
    step.block = {128, 1, 1};
    step.cluster = {2, 1, 1};
    step.shared_bytes = 232448;
    step.args = {OperandArg{1, 64}, ScalarArg{3},        WorkspaceArg{256}, PreparedArg{0},
                 DimArg{2, 32},     StrideArg{1, 0, 64}, ImmediateArg{7},   map};
    step.flags = Step::cooperative;
    return step;
}

inline Program some_program() {
    Module module;
    module.kind = Module::Kind::source;
    module.name = "gemm.cu";
    module.source = "__global__ void gemm() {}";
    module.options = {"-DBM=128", "-O3"};
    module.entries = {"gemm"};
    Module library;
    library.kind = Module::Kind::library;
    library.library = "/usr/lib/libfast.so";
    library.version = "fast 3.1";
    library.bytes = {std::byte{1}, std::byte{0xff}};
    Program program;
    program.modules = {module, library};
    program.steps = {some_step(), some_step()};
    program.workspace_bytes = some_extent();
    program.zero_init = {{true, 0, some_extent(), some_extent()}, {false, 2, {0, {}}, {}}};
    program.prepare = {{1, "cpu-nr16/1", some_extent(), {some_step()}}};
    program.numerics = {DType::bf16, DType::f32, 3, false, true};
    program.tiles = {{0, 128, 1}, {2, 64, 4}};
    return program;
}

inline Binary some_binary() {
    return {"cubin", {std::byte{0x7f}, std::byte{'E'}, std::byte{0}}, {168, 16, 32, 49152}};
}

inline Device some_device() {
    Device device{"cuda:1", 1, {}};
    device.model.backend = "cuda";
    device.model.arch = "sm_90a";
    device.model.features = {"a", "b"};
    device.model.cores = 132;
    device.model.slice = "1g.10gb";
    device.model.virtualised = true;
    return device;
}

inline SetProblem some_problem() {
    SetProblem message;
    message.problem.operation = Name("gemm");
    message.problem.dims = {4096, 4096, 128};
    message.problem.attributes = {-1, 1};
    message.problem.names = {Name("packed:cpu-nr16/1"), Name()};
    message.problem.dtypes = {DType::bf16, DType::s4};
    ArgSpec arg;
    arg.name = "a";
    arg.role = Role::constant;
    arg.dtype = DType::bf16;
    arg.rank = 2;
    arg.shape = {4096, 128};
    arg.strides = {136, 1};
    message.args = {arg, {}};
    return message;
}

inline auto all_messages() {
    const Policy policy{"gpu-cold-rotate/1", true, 100'000, 1'000'000, 0.05, 64 << 20};
    const Samples samples{{100, 200, 300}, 1, 1'980'000, 4, 77};
    const RunReport report{Outcome::out_of_bounds,
                           "operand d: byte 4096",
                           true,
                           {{"race", "thread 3", "gemm.cu", 12, 40}},
                           {{"sectors", 8}}};
    return std::tuple{
        Hello{"cuda",
              some_device(),
              {"/plugins", "/more"},
              "/cache",
              1 << 30,
              {"/driver", "/nvrtc", "/nvml", "/cublaslt", "/venv"}},
        CompileJob{42, some_program().modules[0]},
        some_problem(),
        BeginRun{},
        EndRun{},
        Ready{},
        Refused{Errc::device_lost, "the device fell off", "reboot"},
        CompileDone{42, {Outcome::ok, some_binary(), "warning: spills"}, 0.15},
        RunBegun{},
        RunEnded{11},
        Load{{some_program(), {some_binary(), some_binary()}}},
        Check{1, 2},
        Sample{{0, 1, 2}, 3, policy, 64, 2.5},
        Began{Part::collect},
        Loaded{report},
        Checked{{report, 123'456}},
        Sampled{{report, 2, {samples, {}}}},
    };
}

} // namespace hone::test
