#include "hone/attention.hpp"
#include "hone/workload.hpp"
#include "lib/measure/operand_set.hpp"
#include "lib/op/tensor.hpp"
#include "tests/catch.hpp"
#include "tests/seed.hpp"

#include <algorithm>
#include <array>
#include <string>

using namespace hone;

TEST_CASE("of outputs with unequal numbers of rows, each is compared at both ends and between",
          "[measure]") {
    // Rows of dq belong to queries, those of dk and dv to keys.
    for (const std::string lengths : {"q_len=4096 kv_len=16", "q_len=16 kv_len=4096"}) {
        const std::array operations{&attention_backward_operation()};
        const WorkloadItem item = parse_problem(
            "attention_backward batch=1 heads=4 head_dim=64 dtype=f32 " + lengths, operations);
        const OperandSet set = draw_operand_set(*item.operation, item.problem, 0, test::seed());
        REQUIRE(!set.rows.rows.empty());
        CHECK(std::is_sorted(set.rows.rows.begin(), set.rows.rows.end()));
        const auto references = item.operation->reference(item.problem, set.memory->inputs(),
                                                          set.rows, Operation::Arithmetic::plain);
        std::size_t output = 0;
        for (const HostTensor& result : set.memory->results()) {
            if (!result.spec.present()) continue;
            const std::int64_t rows = row_count(result.spec);
            const auto& compared = references.at(output++).rows;
            INFO(lengths << " " << result.spec.name);
            REQUIRE(compared.size() >= 16);
            CHECK(compared.front() == 0);
            CHECK(compared.back() == rows - 1);
            CHECK(std::any_of(compared.begin(), compared.end(), [&](std::int64_t row) {
                return row > rows / 4 && row < 3 * rows / 4;
            }));
        }
        CHECK(output == 3);
    }
}
