#include "lib/report/compiling.hpp"

#include "lib/report/values.hpp"

#include <fmt/format.h>

#include <string>

namespace hone {

Document compile_document(std::span<const CompiledCandidate> results) {
    Document document;
    document.json["schema"] = "hone.compile/1";
    document.json["results"] = nlohmann::ordered_json::array();
    document.table.columns = {
        {"problem"},      {"arch"},         {"family"},        {"outcome"}, {"registers", true},
        {"spills", true}, {"shared", true}, {"seconds", true}, {"config"}};
    std::int64_t failed = 0, pruned = 0;
    double seconds = 0;
    for (const CompiledCandidate& result : results) {
        document.json["results"].push_back({{"problem", result.problem},
                                            {"arch", result.arch},
                                            {"family", result.family},
                                            {"config", config_json(result.config)},
                                            {"outcome", to_string(result.outcome)},
                                            {"registers", result.resources.registers},
                                            {"spill_bytes", result.resources.spill_bytes},
                                            {"shared_bytes", result.resources.shared_bytes},
                                            {"seconds", result.seconds},
                                            {"program_hash", hex(result.program)},
                                            {"detail", result.detail}});
        const std::string outcome =
            result.outcome == Outcome::skipped ? "pruned" : std::string(to_string(result.outcome));
        document.table.rows.push_back({result.problem, result.arch, result.family, outcome,
                                       std::to_string(result.resources.registers),
                                       std::to_string(result.resources.spill_bytes),
                                       std::to_string(result.resources.shared_bytes),
                                       fmt::format("{:.2f}", result.seconds), result.config});
        seconds += result.seconds;
        pruned += result.outcome == Outcome::skipped;
        failed += result.outcome != Outcome::ok && result.outcome != Outcome::skipped;
        // The first line says what; a log of many lines is for --format json.
        if (result.outcome != Outcome::ok)
            document.table.notes.push_back(
                fmt::format("{} {} {}: {}", result.arch, result.family, result.config,
                            result.detail.substr(0, result.detail.find('\n'))));
    }
    document.json["failed"] = failed;
    document.json["pruned"] = pruned;
    document.table.notes.push_back(
        fmt::format("{} candidates, {} failed, {} pruned, {:.1f} s of compiling", results.size(),
                    failed, pruned, seconds));
    return document;
}

} // namespace hone
