#include "family.hpp"

#include "hone/error.hpp"
#include "hone/gemm.hpp"
#include "matmul.hpp"

#include <algorithm>
#include <optional>

namespace hone::cublaslt {
namespace {

std::optional<Type> type_of(DType dtype) {
    switch (dtype) {
    case DType::f32:
        return Type::f32;
    case DType::f16:
        return Type::f16;
    case DType::bf16:
        return Type::bf16;
    default:
        return std::nullopt;
    }
}

bool has_tf32(const Gemm& gemm, const DeviceModel& device) {
    return gemm.a == DType::f32 && device.arch != "sm_75";
}

} // namespace

const Library& CublasltGemm::library() const {
    std::call_once(once_, [this] { library_.emplace(path_); });
    return *library_;
}

std::string CublasltGemm::library_version() const {
    const std::string version = library().version();
    return version.empty() ? version : "cublasLt " + version;
}

Support CublasltGemm::supports(const Problem& problem, const DeviceModel& device) const {
    if (device.backend != "cuda") return {false, "cuBLASLt runs on cards alone"};
    if (!library().usable()) return {false, "there is no cuBLASLt"};
    const Gemm gemm = Gemm::from(problem);
    if (!type_of(gemm.a) || gemm.b != gemm.a || (gemm.d != gemm.a && gemm.d != DType::f32))
        return {false, "operands of type " + std::string(to_string(gemm.a)) + " and " +
                           std::string(to_string(gemm.b))};
    if (gemm.c != DType::none || gemm.accumulate || gemm.scale == Scale::alpha_beta)
        return {false, "adding to C"};
    if (!gemm.epilogue.empty()) return {false, "an epilogue"};
    if (!gemm.b_layout.empty()) return {false, "layout " + gemm.b_layout + " of B"};
    return {true, {}};
}

SearchSpace CublasltGemm::space(const Problem& problem, const DeviceModel& device) const {
    std::vector<Value> ranks, math = {std::string("f32")};
    for (int rank = 0; rank < most_proposals; ++rank) ranks.emplace_back(std::int64_t{rank});
    if (has_tf32(Gemm::from(problem), device)) math.emplace_back(std::string("tf32"));
    return {{{.name = "math", .values = std::move(math), .ordinal = false},
             {.name = "rank", .values = std::move(ranks)}},
            {}};
}

std::optional<Config> CublasltGemm::fallback(const Problem&, const DeviceModel&) const {
    return Config{{"math", std::string("f32")}, {"rank", 0}};
}

Program CublasltGemm::emit(const Problem& problem, const Config& config,
                           const DeviceModel& device) const {
    if (!space(problem, device).find(config))
        throw Error(Errc::workload, "cublaslt has no config " + config.canonical_text());
    const Gemm gemm = Gemm::from(problem);
    const bool tf32 = config.text("math") == "tf32";

    Program program;
    program.modules.resize(2);
    for (Module& module : program.modules) {
        module.kind = Module::Kind::library;
        module.version = library_version();
    }
    // Opened first, so that the entries find this one by its name.
    program.modules[0].name = "cublasLt";
    program.modules[0].library = library().path();
    program.modules[1].name = "cublaslt";
    program.modules[1].library = entries_;
    program.modules[1].entries = {"hone_cublaslt_matmul"};
    program.workspace_bytes = Extent{workspace_bytes, {}};

    constexpr int batch_axis = 0, row_axis = 1; // of batch, row, column
    const auto number = [](auto value) {
        return ImmediateArg{static_cast<std::uint64_t>(static_cast<int>(value)), 32};
    };
    Step step;
    step.module = 1;
    step.kernel = "hone_cublaslt_matmul";
    step.args = {OperandArg{Gemm::a_arg},
                 OperandArg{Gemm::b_arg},
                 OperandArg{Gemm::d_arg},
                 WorkspaceArg{},
                 DimArg{Gemm::m_dim},
                 DimArg{Gemm::n_dim},
                 DimArg{Gemm::k_dim},
                 DimArg{Gemm::batch_dim},
                 StrideArg{Gemm::a_arg, row_axis},
                 StrideArg{Gemm::b_arg, row_axis},
                 StrideArg{Gemm::d_arg, row_axis},
                 StrideArg{Gemm::a_arg, batch_axis},
                 StrideArg{Gemm::b_arg, batch_axis},
                 StrideArg{Gemm::d_arg, batch_axis},
                 number(a_transposed(gemm.layout)),
                 number(b_transposed(gemm.layout)),
                 number(*type_of(gemm.a)),
                 number(*type_of(gemm.d)),
                 number(tf32 ? Compute::tf32 : Compute::f32),
                 number(config.integer("rank"))};
    constexpr std::uint64_t one = 0x3f800000; // bits of 1.0f
    if (gemm.scale == Scale::alpha)
        step.args.emplace_back(ScalarArg{Gemm::alpha_arg});
    else
        step.args.emplace_back(ImmediateArg{one, 32});
    program.steps = {std::move(step)};
    program.numerics.operand = tf32 ? DType::tf32 : gemm.a;
    // Some of its algorithms split k and add in any order: nothing is promised.
    program.numerics.deterministic = false;
    return program;
}

} // namespace hone::cublaslt
