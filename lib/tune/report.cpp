#include "lib/tune/report.hpp"

namespace hone {

TuneResult start_result(const Sitting& sitting, const Workload& workload,
                        const WorkloadItem& item) {
    TuneResult result;
    const Schema& schema = item.operation->schema();
    result.problem = short_text(schema, item.problem);
    result.problem_key = canonical_text(schema, item.problem);
    result.name = item.name;
    result.phase = workload.phase;
    result.weight = item.weight;
    result.device = sitting.device.id;
    return result;
}

std::string no_family(const Sitting& sitting, const WorkloadItem& item,
                      const Sitting::Families& families) {
    std::string text = "no family for " + item.operation->name() + " on backend " +
                       sitting.backend.name() + " serves this problem";
    for (const std::string& refusal : families.refusals) text += "; " + refusal;
    return text;
}

} // namespace hone
