#include "lib/report/emulation.hpp"

#include <fmt/format.h>

namespace hone {

Document emulation_document(const std::string& kernel, const RunReport& report) {
    using Json = nlohmann::ordered_json;
    Document document;
    Json reports = Json::array();
    document.table.columns = {{"rule"}, {"place"}, {"count", true}, {"message"}};
    for (const Finding& finding : report.reports) {
        reports.push_back({{"rule", finding.rule},
                           {"message", finding.message},
                           {"file", finding.file},
                           {"line", finding.line},
                           {"count", finding.count}});
        document.table.rows.push_back(
            {finding.rule,
             finding.file.empty() ? "-" : fmt::format("{}:{}", finding.file, finding.line),
             fmt::format("{}", finding.count), finding.message});
    }
    Json counts = Json::object();
    std::string line = fmt::format("{}: {}", kernel, to_string(report.outcome));
    for (const Count& count : report.counts) {
        counts[count.name] = count.value;
        line += fmt::format(", {} {}", count.value, count.name);
    }
    document.json = {{"schema", "hone.emu/1"},
                     {"kernel", kernel},
                     {"outcome", to_string(report.outcome)},
                     {"reports", reports},
                     {"counts", counts}};
    document.table.notes.push_back(line);
    return document;
}

} // namespace hone
