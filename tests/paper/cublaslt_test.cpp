// A vendor's library as a family: its algorithms are the space, its calls are steps.
#include "carried.hpp"
#include "hone/gemm.hpp"
#include "hone/stream.h"
#include "mini_family.hpp"
#include "tests/catch.hpp"

using namespace paper;

namespace {

// What the plugin that brings the family exports beside it; here it only shows its form.
extern "C" int paper_lt_matmul(void* const* args, void* stream) {
    const int algorithm = *static_cast<const int*>(args[6]);
    return args[0] != nullptr && stream == nullptr && algorithm == 3 ? 0 : 1;
}

class CublasLt final : public MiniFamily {
  public:
    CublasLt() : MiniFamily("paper_cublaslt", "gemm") {}

    bool vendor() const override { return true; }
    std::string library_version() const override { return "cublasLt 12.8.4"; }

    // Algorithm attributes of cublasLtMatmulAlgoConfigSetAttribute, by number.
    SearchSpace space(const Problem&, const DeviceModel&) const override {
        return {{{"algorithm", {0, 3, 21, 66}, false},
                 {"tile", {15, 18, 20}, false},
                 {"stages", {0, 24, 35}, false},
                 {"split_k", {1, 2, 4}},
                 {"workspace_mib", {0, 32}}},
                {Constraint::expression("split_k == 1 or workspace_mib > 0")}};
    }
    Program emit(const Problem& problem, const Config& config, const DeviceModel&) const override {
        const Gemm gemm = Gemm::from(problem);
        const std::int64_t workspace = config.integer("workspace_mib") << 20;
        const auto number = [&](const char* name) {
            return ImmediateArg{static_cast<std::uint64_t>(config.integer(name)), 32};
        };
        Module library;
        library.kind = Module::Kind::library;
        library.name = "cublasLt";
        library.library = "/usr/lib/hone/plugins/hone_vendor_cublaslt.so";
        library.version = library_version();
        library.entries = {"paper_lt_matmul"};

        Program program;
        program.modules = {library};
        program.steps = {step("paper_lt_matmul", {one(), one(), one()}, 1,
                              {OperandArg{Gemm::a_arg}, OperandArg{Gemm::b_arg},
                               OperandArg{Gemm::d_arg}, DimArg{Gemm::m_dim}, DimArg{Gemm::n_dim},
                               DimArg{Gemm::k_dim}, number("algorithm"), number("tile"),
                               number("stages"), number("split_k"), StrideArg{Gemm::a_arg, 1},
                               StrideArg{Gemm::b_arg, 1}, StrideArg{Gemm::d_arg, 1}})};
        if (workspace > 0) {
            program.workspace_bytes = {workspace, {}};
            program.steps[0].args.emplace_back(WorkspaceArg{});
            program.steps[0].args.emplace_back(
                ImmediateArg{static_cast<std::uint64_t>(workspace), 64});
        }
        program.numerics = {.operand = gemm.a};
        return program;
    }
};

} // namespace

TEST_CASE("paper: cuBLASLt as a family", "[paper]") {
    Gemm gemm;
    gemm.m = gemm.n = gemm.k = 4096;
    gemm.a = gemm.b = gemm.d = DType::f16;
    gemm.layout = Layout::nt;
    const CublasLt family;
    Config config = {
        {"algorithm", 3}, {"tile", 18}, {"stages", 24}, {"split_k", 2}, {"workspace_mib", 32}};
    const Program program =
        check_carried(gemm_operation(), family, gemm.problem(), config, hopper());
    CHECK(program.workspace_bytes.value(gemm.problem()) == 32 << 20);
    CHECK(family.vendor());

    // Another version of the library is another program: facts of one do not pass for the other.
    Program newer = program;
    newer.modules[0].version = "cublasLt 13.0.0";
    CHECK(digest(newer) != digest(program));

    const hone_stream_entry entry = &paper_lt_matmul;
    int algorithm = 3, other = 0;
    void* args[] = {&other, &other, &other, &other, &other, &other, &algorithm};
    CHECK(entry(args, nullptr) == 0);
}
