#include "lib/measure/operand_set.hpp"

#include "lib/measure/row_choice.hpp"
#include "lib/op/tensor.hpp"

#include <algorithm>
#include <limits>

namespace hone {

OperandSet draw_operand_set(const Operation& operation, const Problem& problem, int index,
                            std::uint64_t sitting_seed) {
    OperandSet set;
    set.distribution = operand_sets[static_cast<std::size_t>(index)];
    // Any odd factor keeps the seeds of a sitting's sets apart.
    set.seed = sitting_seed * 0x9e3779b97f4a7c15 + static_cast<std::uint64_t>(index);
    const std::vector<ArgSpec> args = operation.args(problem);
    const auto memory = std::make_shared<OperandMemory>(args);
    operation.make_inputs(problem, set.distribution, set.seed, memory->inputs());

    // One selection serves all outputs, so it fits the one with the fewest rows.
    std::int64_t rows = std::numeric_limits<std::int64_t>::max(), period = rows, length = 1;
    for (const HostTensor& result : memory->results()) {
        if (!result.spec.present() || row_count(result.spec) >= rows) continue;
        rows = row_count(result.spec);
        length = row_of(result.spec, 0).length;
        period = result.spec.rank < 2
                     ? rows
                     : result.spec.shape[static_cast<std::size_t>(result.spec.rank - 2)];
    }
    set.rows = choose_rows(rows, std::max<std::int64_t>(period, 1),
                           affordable_rows(operation.work(problem), rows, length), set.seed);
    set.memory = memory;
    return set;
}

} // namespace hone
