#include "lib/dispatch/neighbours.hpp"

#include "hone/error.hpp"
#include "lib/dispatch/table.hpp"

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

namespace hone::dispatch {

namespace {

constexpr std::size_t page = 4096;

// An operation that is not known here has no neighbours here.
std::optional<WorkloadItem> parsed(const std::string& text, const Registry& registry) {
    try {
        return parse_problem(text, registry.operations());
    } catch (const Error&) {
        return std::nullopt;
    }
}

} // namespace

Neighbours::Neighbours(const Registry& registry, const DeviceModel& device,
                       std::span<Store* const> stores, std::function<void(std::string)> warn)
    : registry_(registry), device_(canonical_text(device)), stores_(stores), warn_(std::move(warn)),
      cursors_(stores.size()) {}

void Neighbours::read_on() {
    const auto take = [&](Record& record) {
        const Decoded decoded = decode(record);
        if (decoded.retraction) {
            retractions_.push_back(std::move(record));
            return;
        }
        if (!decoded.fact || decoded.fact->device != device_) return;
        if (decoded.fact->stage != Stage::final && !vetoes(decoded.fact->outcome)) return;
        by_problem_[decoded.fact->problem].push_back(std::move(record));
    };
    for (std::size_t i = 0; i < stores_.size(); ++i) {
        // Stores are plugins: whatever one throws stops at its own failure.
        try {
            for (bool more = true; more;) {
                Page read = stores_[i]->since(cursors_[i], page);
                for (Record& record : read.records) take(record);
                cursors_[i] = std::move(read.next);
                more = read.more;
            }
        } catch (const std::exception& error) {
            warn_(stores_[i]->url() + ": " + error.what());
        }
    }
}

std::vector<Neighbours::Choice> Neighbours::of(const WorkloadItem& item, const Servable& servable) {
    read_on();
    const Problem wanted = class_of(item.problem);
    std::vector<Judged> judged;
    std::vector<std::string> texts;
    for (const auto& [text, records] : by_problem_) {
        std::optional<WorkloadItem> other = parsed(text, registry_);
        if (!other || !(class_of(other->problem) == wanted) || other->problem == item.problem)
            continue;
        std::vector<Fact> facts = effective_facts(merge(records, retractions_)).facts;
        servable(facts, *other);
        judged.push_back({other->problem, winner(facts, item.contract)});
        texts.push_back(text);
    }
    std::vector<Choice> choices;
    for (std::size_t i = 0; i < judged.size(); ++i) {
        const auto& [problem, verdict] = judged[i];
        if (!verdict.winner) continue;
        choices.push_back({texts[i], problem, *verdict.winner,
                           expected_loss(item.problem, *verdict.winner, problem, judged)});
    }
    std::stable_sort(choices.begin(), choices.end(), [&](const Choice& a, const Choice& b) {
        return distance(item.problem, a.tuned) < distance(item.problem, b.tuned);
    });
    return choices;
}

} // namespace hone::dispatch
