#include "hone/error.hpp"
#include "hone/gemm.hpp"
#include "hone/workload.hpp"
#include "tests/catch.hpp"

#include <array>
#include <string>
#include <vector>

using namespace hone;

namespace {

const std::array<const Operation*, 1> operations = {&gemm_operation()};

} // namespace

TEST_CASE("a gemm reads from the command line's form", "[text]") {
    const WorkloadItem item =
        parse_problem("gemm m=4096 n=512 k=1024 a=bf16 max_error=1e-3 weight=2", operations);
    const Gemm gemm = Gemm::from(item.problem);
    CHECK(gemm.m == 4096);
    CHECK(gemm.n == 512);
    CHECK(gemm.k == 1024);
    CHECK(gemm.a == DType::bf16);
    CHECK(gemm.b == DType::bf16);
    CHECK(gemm.d == DType::bf16);
    CHECK(item.contract.max_error == 1e-3);
    CHECK(item.weight == 2);
    CHECK(short_text(gemm_operation().schema(), item.problem) == "gemm m=4096 n=512 k=1024 a=bf16");
}

TEST_CASE("a gemm reads from a workload's table", "[text]") {
    const Workload workload = parse_workload(R"(
[[gemm]]
name = "qkv"
m = [1, 8, 64]
n = 6144
k = 4096
a = "bf16"
layout = "nt"
epilogue = "bias+silu"
weight = 32
max_error = 3e-3
)",
                                             "w.toml", operations);
    REQUIRE(workload.items.size() == 3);
    for (const WorkloadItem& item : workload.items) {
        const Gemm gemm = Gemm::from(item.problem);
        CHECK(gemm.layout == Layout::nt);
        CHECK(gemm.epilogue == std::vector{EpilogueStep::bias, EpilogueStep::silu});
        CHECK(gemm.problem() == item.problem);
    }
    CHECK(workload.items[2].problem.dims[Gemm::m_dim] == 64);
}

TEST_CASE("gemms that no machine can hold, or that contradict themselves, are refused", "[text]") {
    for (const char* text : {
             "gemm m=1099511627776 n=1099511627776 k=1099511627776 a=f64",
             "gemm m=1048576 n=1048576 k=1048576 batch=1099511627776 a=f32",
             "gemm m=16 n=16 k=16 a=f32 leading=packed alignment=3",
             "gemm m=16 n=15 k=16 a=f32 epilogue=swiglu",
             "gemm m=16 n=16 k=16 a=f32 scale=alpha_beta accumulate=true",
         }) {
        CAPTURE(text);
        CHECK_THROWS_AS((void)parse_problem(text, operations), Error);
    }
}
