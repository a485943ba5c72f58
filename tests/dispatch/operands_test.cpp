#include "hone/error.hpp"
#include "lib/dispatch/operands.hpp"
#include "tests/catch.hpp"
#include "tests/dispatch/serving.hpp"

#include <array>
#include <functional>
#include <string>
#include <vector>

using namespace hone;
using namespace hone::test;
using dispatch::OperandRules;

namespace {

alignas(128) std::array<std::byte, 256> memory;

// As the operation lists them; the data is never looked at.
std::vector<Tensor> operands_of(const WorkloadItem& of) {
    std::vector<Tensor> tensors;
    for (const ArgSpec& spec : of.operation->args(of.problem))
        tensors.push_back({spec.present() ? memory.data() : nullptr, spec.strides, spec.shape});
    return tensors;
}

struct Row {
    std::string problem;
    std::function<void(std::vector<Tensor>&)> change;
    std::string said; // empty: taken
};

} // namespace

TEST_CASE("operands are held to strides, shapes and alignment of their problem", "[dispatch]") {
    constexpr auto a = Gemm::a_arg, b = Gemm::b_arg, d = Gemm::d_arg;
    const std::string packed = "gemm m=6 n=48 k=32 a=f32",
                      strided = "gemm m=6 n=48 k=30 a=f32 batch=2 leading=strided alignment=32",
                      row = "gemm m=1 n=48 k=30 a=f32 leading=strided alignment=32",
                      ragged = "attention batch=3 heads=4 q_len=9 kv_len=9 head_dim=32 dtype=f32 "
                               "lengths.distribution=uniform lengths.low=2 lengths.high=9";
    const std::vector<Row> table = {
        {packed, [](auto&) {}, ""},
        {packed, [](auto& t) { t[a].shape = {}; }, ""},
        {packed, [](auto& t) { t[a].strides[0] = 0; }, ""}, // one matrix: nobody looks at it
        {packed,
         [](auto& t) {
             t[a].strides = {192, 1, 6};
         },
         "operand a: stride 6 of axis 2"},
        {packed, [](auto& t) { t[b].strides[1] = 49; }, "operand b: stride 49 of axis 1, expected"},
        {packed, [](auto& t) { t[b].strides[1] = 47; }, "expected 48"},
        {packed, [](auto& t) { t[d].strides[1] = -48; }, "operand d"},
        {packed,
         [](auto& t) {
             t[d].shape = {1, 6, 40};
         },
         "operand d: extent 40 of axis 2"},
        {packed,
         [](auto& t) {
             t[d].shape = {1, 7, 48};
         },
         "extent 7 of axis 1, expected 6"},
        {packed, [](auto& t) { t[b].data = nullptr; }, "operand b has null data"},
        {packed, [](auto& t) { t[b].data = &memory[4]; }, "multiple of 16 bytes"},
        {packed, [](auto& t) { t[b].data = &memory[2]; }, "operand b: its address"},
        {packed, [](auto& t) { t.pop_back(); }, "operands, got"},
        {"gemm m=6 n=48 k=5 a=f32", [](auto& t) { t[a].data = &memory[20]; }, ""}, // second row
        {"gemm m=6 n=48 k=5 a=f32", [](auto& t) { t[a].data = &memory[2]; }, "of 4 bytes"},
        {strided, [](auto&) {}, ""},
        {strided, [](auto& t) { t[a].strides[1] = 40, t[a].strides[0] = 240; }, ""},
        {strided, [](auto& t) { t[a].strides[1] = 40, t[a].strides[0] = 256; }, ""},
        {strided, [](auto& t) { t[a].strides[1] = 24, t[a].strides[0] = 256; }, "dimension 24"},
        {strided, [](auto& t) { t[a].strides[1] = 36, t[a].strides[0] = 256; }, "dimension 36"},
        {strided, [](auto& t) { t[a].strides[1] = 40, t[a].strides[0] = 232; }, "at least 240"},
        {strided, [](auto& t) { t[a].strides[2] = 2; }, "stride 2 of axis 2, expected 1"},
        {strided, [](auto& t) { t[a].data = &memory[16]; }, "multiple of 32 bytes"},
        // Libraries look at the leading dimension of a single row too.
        {row, [](auto& t) { t[a].strides[1] = 0; }, "leading dimension 0"},
        {ragged, [](auto&) {}, ""},
    };
    for (const Row& row_of_table : table) {
        const WorkloadItem of = item(row_of_table.problem);
        const OperandRules rules(*of.operation, of.problem);
        std::vector<Tensor> tensors = operands_of(of);
        row_of_table.change(tensors);
        const auto breach = rules.breach(tensors);
        const std::string said = breach ? rules.describe(*breach) : "";
        INFO(row_of_table.problem << ": " << said);
        CHECK(breach.has_value() == !row_of_table.said.empty());
        CHECK(said.find(row_of_table.said) != std::string::npos);
    }
}

TEST_CASE("what index operands decide is the caller's to say", "[dispatch]") {
    const WorkloadItem of = item("grouped_gemm mode=masked groups=4 m=16 n=32 k=64 a=bf16");
    const OperandRules rules(*of.operation, of.problem);
    std::vector<Tensor> tensors = operands_of(of);
    CHECK_FALSE(rules.breach(tensors));
    // Room for more rows than the problem's own sizes ask for.
    tensors[0].shape[1] = 128;
    CHECK(rules.breach(tensors));
    tensors[0].strides[0] = 128 * tensors[0].strides[1];
    CHECK_FALSE(rules.breach(tensors));
    tensors[0].shape = {};
    CHECK_FALSE(rules.breach(tensors));
    tensors[0].strides[0] += 1;
    CHECK(rules.breach(tensors));
    tensors[0].strides[0] -= 1;
    tensors[0].strides[1] += 1;
    CHECK(rules.breach(tensors));
}
