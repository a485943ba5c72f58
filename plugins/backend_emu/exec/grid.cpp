#include "exec/grid.hpp"

#include "check/global_shadow.hpp"
#include "exec/cta.hpp"

#include <fmt/format.h>

namespace hone::emu {
namespace {

// A CTA that is not done after so many instructions may be waiting for another one.
constexpr u64 instructions_per_turn = 100'000;
constexpr std::size_t most_resident = 64;

} // namespace

Grid::Grid(AddressSpace& memory, const Launch& launch, const Options& options, Reports& reports)
    : memory_(memory), launch_(launch), options_(options), reports_(reports),
      random_(options.schedule.seed * 0x9E3779B97F4A7C15u + 1) {
    if (options.checks) shadow_ = std::make_unique<GlobalShadow>();
}

Grid::~Grid() = default;

u64 Grid::random() noexcept { // splitmix64
    u64 z = random_ += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

std::string Grid::block_name(u64 index) const {
    const auto& grid = launch_.grid;
    return fmt::format("block ({}, {}, {})", index % grid[0], index / grid[0] % grid[1],
                       index / grid[0] / grid[1]);
}

std::string Grid::place_text(u32 ptx_line) const {
    for (const auto& code : launch_.kernel->functions)
        for (const Inst& inst : code->insts)
            if (inst.line == ptx_line) {
                const Place place = place_of(*code, inst);
                return fmt::format("{}:{}", place.file, place.line);
            }
    return fmt::format("PTX line {}", ptx_line);
}

Counts* Grid::counts(const Code& code) {
    std::vector<Counts>& found = counts_[&code];
    if (found.empty()) found.resize(code.insts.size());
    return found.data();
}

Totals Grid::totals() const {
    Totals totals;
    for (const auto& entry : counts_)
        for (const Counts& counts : entry.second)
            totals += {counts.executed, counts.bank_conflict_cycles, counts.sectors};
    return totals;
}

bool Grid::valid() {
    const auto refuse = [&](std::string why) {
        reports_.add(Rule::invalid_launch, std::move(why));
        return false;
    };
    const auto& block = launch_.block;
    const u64 threads = u64{block[0]} * block[1] * block[2];
    if (threads == 0 || threads > 1024 || block[2] > 64)
        return refuse(fmt::format("a block of {} x {} x {} threads: 1 to 1024 are possible",
                                  block[0], block[1], block[2]));
    const ptx::Function& function = *launch_.kernel->entry->function;
    if (function.max_threads && threads > *function.max_threads)
        return refuse(fmt::format("{} threads per block, {} declares at most {}", threads,
                                  function.name, *function.max_threads));
    const u64 shared = u64{launch_.kernel->static_shared_bytes} + launch_.dynamic_shared_bytes;
    if (shared > options_.shared_limit)
        return refuse(fmt::format("{} bytes of shared memory per block, the limit is {}", shared,
                                  options_.shared_limit));
    if (launch_.grid[1] > 65535 || launch_.grid[2] > 65535 || launch_.grid[0] > 0x7FFFFFFF)
        return refuse(fmt::format("a grid of {} x {} x {} blocks", launch_.grid[0], launch_.grid[1],
                                  launch_.grid[2]));
    if (launch_.params.size() != launch_.kernel->param_bytes)
        return refuse(fmt::format("{} bytes of parameters, {} takes {}", launch_.params.size(),
                                  function.name, launch_.kernel->param_bytes));
    return true;
}

bool Grid::within_budget() {
    if (executed_ > options_.most_instructions) {
        reports_.add(Rule::instruction_budget,
                     fmt::format("more than {} warp instructions", options_.most_instructions));
        aborted_ = true;
    } else if (executed_ - last_effect_ > options_.most_idle) {
        for (const auto& cta : resident_)
            if (cta->report_stuck("spins")) break;
        aborted_ = true;
    }
    return !aborted_;
}

bool Grid::run() {
    if (!valid()) return false;
    const u64 count = u64{launch_.grid[0]} * launch_.grid[1] * launch_.grid[2];
    const bool backwards = options_.schedule.kind == Schedule::Kind::late;
    u64 next = 0;
    const auto admit = [&] {
        if (idle_.empty()) idle_.push_back(std::make_unique<Cta>(*this));
        resident_.push_back(std::move(idle_.back()));
        idle_.pop_back();
        resident_.back()->start(backwards ? count - 1 - next : next);
        ++next;
    };
    while ((next < count || !resident_.empty()) && !aborted_) {
        // One at a time while each runs to its end; more when some do not.
        if (next < count && resident_.size() < most_resident) admit();
        for (std::size_t i = 0; i < resident_.size() && !aborted_;) {
            const bool done = resident_[i]->run(instructions_per_turn, executed_);
            if (!within_budget()) break;
            if (!done) {
                ++i;
                continue;
            }
            idle_.push_back(std::move(resident_[i]));
            resident_.erase(resident_.begin() + static_cast<std::ptrdiff_t>(i));
        }
        // All of them stand at barriers of their own: no other CTA can help.
    }
    return !aborted_;
}

} // namespace hone::emu
