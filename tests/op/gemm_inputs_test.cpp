#include "hone/gemm.hpp"
#include "lib/op/convert.hpp"
#include "tests/catch.hpp"
#include "tests/op/problems.hpp"
#include "tests/op/tensors.hpp"
#include "tests/seed.hpp"

#include <cmath>
#include <string>

using namespace hone;
using test::problem;
using test::Tensors;

namespace {

const char* const texts[] = {
    "gemm m=9 n=8 k=4096 a=f16",
    "gemm m=9 n=8 k=4096 a=e4m3",
    "gemm m=9 n=8 k=4096 a=e5m2",
    "gemm m=9 n=8 k=4096 a=e4m3 d=f16 epilogue=bias+swiglu",
    "gemm m=9 n=8 k=64 a=f16 layout=tt batch=2 accumulate=true scale=alpha",
    "gemm m=9 n=8 k=64 a=bf16 scale=alpha_beta c=bf16 epilogue=residual",
    "gemm m=9 n=8 k=64 a=f16 b=s4 group=32 layout=nt",
    "gemm m=9 n=8 k=64 a=s8 d=s32 leading=strided alignment=4",
};

} // namespace

TEST_CASE("inputs of a gemm are complete, repeatable and finite", "[op]") {
    for (const char* text : texts) {
        for (const Distribution distribution : all_distributions) {
            INFO(text << " " << to_string(distribution));
            const Problem p = problem(text);
            const Tensors first(gemm_operation(), p), second(gemm_operation(), p),
                other(gemm_operation(), p);
            gemm_operation().make_inputs(p, distribution, test::seed(), first.all());
            gemm_operation().make_inputs(p, distribution, test::seed(), second.all());
            gemm_operation().make_inputs(p, distribution, test::seed() + 1, other.all());
            CHECK(first.memory() == second.memory());
            CHECK(first.memory() != other.memory());
            for (const HostTensor& tensor : first.all()) {
                if (!tensor.spec.present() || tensor.spec.role == Role::out) continue;
                INFO(tensor.spec.name);
                bool finite = true;
                for (std::int64_t number = 0; number < row_count(tensor.spec); ++number) {
                    const Row row = row_of(tensor.spec, number);
                    for (std::int64_t i = 0; i < row.length; ++i) {
                        const double value =
                            to_double(tensor.spec.dtype, tensor.data, row.offset + i * row.stride);
                        finite = finite && std::isfinite(value);
                    }
                }
                CHECK(finite);
            }
        }
    }
}

TEST_CASE("no gemm result leaves the range of its type", "[op]") {
    for (const char* text : texts) {
        const Problem p = problem(text);
        const DType d = Gemm::from(p).d;
        for (const Distribution distribution : all_distributions) {
            INFO(text << " " << to_string(distribution));
            const Tensors tensors(gemm_operation(), p);
            gemm_operation().make_inputs(p, distribution, test::seed(), tensors.all());
            const auto result =
                gemm_operation().reference(p, tensors.all(), {}, Operation::Arithmetic::fp64);
            double most = 0;
            for (const double value : result[0].values) most = std::max(most, std::abs(value));
            CHECK(most < largest(d));
            CHECK(most > 0);
        }
    }
}
