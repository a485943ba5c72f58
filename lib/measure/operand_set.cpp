#include "lib/measure/operand_set.hpp"

#include "lib/measure/row_choice.hpp"
#include "lib/op/tensor.hpp"

#include <algorithm>
#include <cstdint>
#include <set>
#include <span>
#include <vector>

namespace hone {

namespace {

// One selection serves all outputs: the union of what each of them asks for, since outputs may
// differ in their number of rows (those of attention backward do).
RowSelection rows_of_outputs(std::span<const HostTensor> results, const Work& work,
                             std::uint64_t seed) {
    std::set<std::int64_t> chosen;
    bool all = true;
    for (const HostTensor& result : results) {
        const ArgSpec& spec = result.spec;
        if (!spec.present()) continue;
        const std::int64_t rows = row_count(spec);
        const std::int64_t period =
            spec.rank < 2 ? rows : spec.shape[static_cast<std::size_t>(spec.rank - 2)];
        const RowSelection own =
            choose_rows(rows, std::max<std::int64_t>(period, 1),
                        affordable_rows(work, rows, row_of(spec, 0).length), seed);
        all = all && own.rows.empty();
        chosen.insert(own.rows.begin(), own.rows.end());
        if (own.rows.empty())
            for (std::int64_t row = 0; row < rows; ++row) chosen.insert(chosen.end(), row);
    }
    if (all) return {};
    return {{chosen.begin(), chosen.end()}};
}

} // namespace

OperandSet draw_operand_set(const Operation& operation, const Problem& problem, int index,
                            std::uint64_t sitting_seed) {
    OperandSet set;
    set.distribution = operand_sets[static_cast<std::size_t>(index)];
    // Any odd factor keeps the seeds of a sitting's sets apart.
    set.seed = sitting_seed * 0x9e3779b97f4a7c15 + static_cast<std::uint64_t>(index);
    const std::vector<ArgSpec> args = operation.args(problem);
    const auto memory = std::make_shared<OperandMemory>(args);
    operation.make_inputs(problem, set.distribution, set.seed, memory->inputs());

    set.rows = rows_of_outputs(memory->results(), operation.work(problem), set.seed);
    set.memory = memory;
    return set;
}

} // namespace hone
