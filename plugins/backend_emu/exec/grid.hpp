// Runs the CTAs of one launch.
#pragma once

#include "exec/launch.hpp"
#include "mem/address_space.hpp"

#include <memory>
#include <unordered_map>

namespace hone::emu {

class Cta;
class GlobalShadow;

class Grid {
  public:
    // All outlive the grid.
    Grid(AddressSpace& memory, const Launch& launch, const Options& options, Reports& reports);
    ~Grid();

    // False when it was given up (trap, deadlock, instruction budget): reports say why.
    bool run();
    [[nodiscard]] Totals totals() const;

    // --- for CTAs ---
    [[nodiscard]] AddressSpace& memory() noexcept { return memory_; }
    [[nodiscard]] const Launch& launch() const noexcept { return launch_; }
    [[nodiscard]] const Options& options() const noexcept { return options_; }
    [[nodiscard]] Reports& reports() noexcept { return reports_; }
    [[nodiscard]] Counts* counts(const Code& code);
    [[nodiscard]] u64 executed() const noexcept { return executed_; }
    void had_effect() noexcept { last_effect_ = executed_; } // memory changed
    void abort() noexcept { aborted_ = true; }
    [[nodiscard]] bool aborted() const noexcept { return aborted_; }
    [[nodiscard]] u64 random() noexcept; // of the schedule's seed
    [[nodiscard]] bool traces() const noexcept { return options_.trace != nullptr; }
    void trace(u64 value) noexcept { // only when it traces
        *options_.trace = (*options_.trace ^ value) * 0x9E3779B97F4A7C15u;
        *options_.trace ^= *options_.trace >> 29;
    }
    [[nodiscard]] GlobalShadow* shadow() noexcept { return shadow_.get(); } // null without checks
    [[nodiscard]] std::string block_name(u64 index) const;                  // "block (0, 1, 0)"
    [[nodiscard]] std::string place_text(u32 ptx_line) const;               // "FILE:LINE"

  private:
    [[nodiscard]] bool valid();
    bool within_budget();

    AddressSpace& memory_;
    const Launch& launch_;
    const Options& options_;
    Reports& reports_;
    std::unordered_map<const Code*, std::vector<Counts>> counts_;
    std::unique_ptr<GlobalShadow> shadow_;
    std::vector<std::unique_ptr<Cta>> resident_, idle_;
    u64 executed_ = 0, last_effect_ = 0;
    u64 random_;
    bool aborted_ = false;
};

} // namespace hone::emu
