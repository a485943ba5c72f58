#include "lib/worker/main/problem_memory.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace hone::worker {

namespace {

// Enough to leave any cache behind even where a set is tiny.
constexpr std::size_t most_copies = 1024;

} // namespace

ProblemMemory::ProblemMemory(Session& session, SetProblem problem,
                             std::span<const Descriptor> files)
    : session_(session), message_(std::move(problem)) {
    for (const Descriptor& file : files) {
        shared_.push_back(std::make_unique<SharedOperands>(message_.args, file.get()));
        sets_.emplace_back().push_back(
            std::make_unique<OperandSet>(session, message_.args, *shared_.back()));
    }
    session.protect_inputs();
}

std::vector<OperandSet*> ProblemMemory::rotation(std::size_t index, std::int64_t bytes) {
    auto& copies = sets_[index];
    const auto each = static_cast<std::int64_t>(std::max<std::size_t>(copies.front()->bytes(), 1));
    const std::int64_t wanted = bytes <= 0 ? 1 : (bytes - 1) / each + 1;
    const std::size_t count = std::min(static_cast<std::size_t>(wanted), most_copies);
    try {
        while (copies.size() < count)
            copies.push_back(
                std::make_unique<OperandSet>(session_, message_.args, *shared_[index]));
    } catch (const std::bad_alloc&) {
        // Fewer copies make a smaller rotation; the card is shared with others, or small.
    }
    session_.protect_inputs();
    std::vector<OperandSet*> sets;
    for (std::size_t i = 0; i < std::min(count, copies.size()); ++i)
        sets.push_back(copies[i].get());
    return sets;
}

void ProblemMemory::append_zones(std::vector<FaultZone>& zones) const {
    for (const auto& copies : sets_) {
        for (const auto& set : copies) set->append_zones(zones);
    }
}

} // namespace hone::worker
