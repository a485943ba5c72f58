#include "hone/device.hpp"
#include "hone/error.hpp"
#include "lib/cli/cache_verbs.hpp"

#include <fmt/format.h>

namespace hone::cli {

std::string shown_problem(const Registry& registry, const std::string& problem) {
    try {
        const WorkloadItem item = parse_problem(problem, registry.operations());
        return short_text(item.operation->schema(), item.problem);
    } catch (const Error&) {
        return problem; // of an operation that is not known here
    }
}

std::string shown_device(const std::string& text) {
    try {
        const DeviceModel model = parse_device_model(text);
        return fmt::format("{} {} x{}", model.backend, model.name, model.cores);
    } catch (const Error&) {
        return text;
    }
}

} // namespace hone::cli
