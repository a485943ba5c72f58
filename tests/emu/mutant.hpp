// Changes of one place of a PTX text.
#pragma once

#include "types.hpp"

#include <random>
#include <set>
#include <string>
#include <vector>

namespace hone::emu::test {

struct Mutant {
    std::size_t line = 0;      // from 0
    std::string before, after; // of the line
    // In its place, traps where the change makes a difference: where the changed instruction writes
    // another value than the unchanged one. Empty where that cannot be said.
    std::string probe;
};

// The text with another line.
[[nodiscard]] std::string with_line(const std::string& ptx, std::size_t line,
                                    const std::string& instead);

// "tile.cuh:40", where the PTX says what a line comes from; empty where it does not.
[[nodiscard]] std::string source_of(const std::string& ptx, std::size_t line);

// Every executed synchronisation, deleted.
[[nodiscard]] std::vector<Mutant> without_synchronisation(const std::string& ptx,
                                                          const std::set<u32>& executed);
// Every number in an executed instruction, changed to another one by chance. Names of barriers are
// left out: all threads name the same.
[[nodiscard]] std::vector<Mutant>
with_other_numbers(const std::string& ptx, const std::set<u32>& executed, std::mt19937_64& random);

} // namespace hone::emu::test
