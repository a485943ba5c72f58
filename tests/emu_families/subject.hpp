// A compiled candidate of a family, run in the emulator from any PTX that is put in place of its
// own, and judged as hone verify judges.
#pragma once

#include "kernel.hpp"
#include "lib/measure/verifier.hpp"

#include <array>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace hone::emu::test {

struct SubjectSpec {
    std::string name;
    std::string family;
    std::string arch;   // "sm_80"
    std::string config; // what differs from the fallback, or else from the first guess
    // One compiled text serves all of them: whole and ragged extents, strides, batches.
    std::vector<std::string> problems;
    // Instead of the problems, the small ones that take every path of the candidate.
    bool proxies = false;
    int operand_sets = 1; // normal inputs, adversarial ones, ...
};

struct Sighting {
    bool noticed = false;
    std::string how; // rule, "result", "refused", "gave up"
    // When not noticed: whether all outputs are the same, and all that the program did was:
    // branches, addresses, values stored.
    bool same_bits = true, same_trace = true;
};

class Subject {
  public:
    explicit Subject(const SubjectSpec& spec);
    ~Subject();

    // One PTX text per module.
    [[nodiscard]] const std::vector<std::string>& texts() const noexcept { return texts_; }
    // Lines (from 1) of a module's text that some problem executes.
    [[nodiscard]] const std::set<u32>& executed(std::size_t module) const {
        return executed_.at(static_cast<int>(module));
    }
    // Text of a place such as "tile.cuh:40" of a module's source; empty where there is none.
    [[nodiscard]] std::string source(std::size_t module, const std::string& place) const;
    // Runs all problems under schedules of these kinds until something is noticed.
    [[nodiscard]] Sighting run(const std::vector<std::string>& texts,
                               std::span<const Schedule> schedules = eager_and_late);
    static constexpr std::array eager_and_late{Schedule{Schedule::Kind::eager, 0},
                                               Schedule{Schedule::Kind::late, 0}};

  private:
    struct Work; // a problem with its operands
    [[nodiscard]] Sighting run(Work& work, const std::vector<std::string>& texts, Schedule schedule,
                               Executed& executed);

    Program program_; // of the first problem
    std::vector<std::string> texts_;
    std::vector<std::unique_ptr<Work>> works_;
    std::map<int, std::set<u32>> executed_;
    u32 shared_limit_ = 0;
};

} // namespace hone::emu::test
