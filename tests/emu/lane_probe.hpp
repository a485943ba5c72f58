// Runs one instruction on 32 lanes of random operands under a random guard.
#pragma once

#include "machine.hpp"

#include <random>
#include <string>
#include <vector>

namespace hone::emu::test {

// How operands look and results are compared: NaNs of a floating kind are all the same.
enum class Bits : u8 { plain, f32, f64, f16, bf16, f16x2, bf16x2 };

struct Probe {
    std::string
        instruction; // "add.s32"; operands D, A, B, C are appended, or stand in it as $D ...
    int d = 32;      // bits; 1: a predicate
    std::vector<int> sources;
    Bits kind = Bits::plain; // of the sources
    Bits result = Bits::plain;
};

struct ProbeRun {
    struct Lane {
        u64 a, b, c, before, after;
        bool active;
    };
    std::vector<Lane> lanes;
    std::string reports;
};

[[nodiscard]] u64 random_operand(Bits kind, int bits, std::mt19937_64& random);
[[nodiscard]] ProbeRun run(const Probe& probe, LaneMask mask, std::mt19937_64& random);
[[nodiscard]] bool same(u64 a, u64 b, Bits kind, int bits);

} // namespace hone::emu::test
