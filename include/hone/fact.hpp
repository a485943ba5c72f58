// A fact is a trial as stored. Facts are immutable; docs/facts.md is the page of their format.
#pragma once

#include "hone/digest.hpp"
#include "hone/outcome.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hone {

// Part of the fact format.
enum class Stage : std::uint8_t { screen = 0, race = 1, final = 2 };
[[nodiscard]] std::string_view to_string(Stage stage) noexcept;

enum class Origin : std::uint8_t { measured = 0, imported = 1 };

// Errors in parts per 10^12, rounded up, saturating; relative to fp64.
struct ErrorPair {
    std::uint64_t frobenius_ppt = 0; // ||X - R||_F / ||R||_F, worst non-adversarial distribution
    std::uint64_t componentwise_ppt = 0; // max |x - r| / magnitude, worst distribution

    friend bool operator==(const ErrorPair&, const ErrorPair&) = default;
};

struct TimeSummary {
    std::uint64_t count = 0; // samples kept
    std::uint64_t min_ps = 0, q1_ps = 0, median_ps = 0, q3_ps = 0;
    std::uint64_t low_ps = 0, high_ps = 0; // 99 % interval of the median, by order statistics
    std::uint64_t dropped = 0;
    std::uint64_t clock_khz = 0; // 0: unknown
    std::uint32_t throttle_bits = 0;
    bool noisy = false; // stopped before the interval was narrow enough

    friend bool operator==(const TimeSummary&, const TimeSummary&) = default;
};

using SittingId = std::array<std::uint8_t, 16>; // random

struct Fact {
    static constexpr int format = 1;

    std::string problem; // canonical text
    std::string family;
    std::uint32_t revision = 0;
    std::string config;    // canonical text
    std::string device;    // canonical text of the device model
    std::string toolchain; // hone, compiler, driver, library versions, as "name version; ..."
    std::string policy;    // "cpu-warm/1"
    SittingId sitting{};
    Stage stage = Stage::screen;
    Outcome outcome = Outcome::ok;
    TimeSummary time;  // all zero when nothing was timed; censored: median_ps is the bound
    Digest baseline{}; // program hash of the baseline of this sitting; zero: none was measured
    std::uint64_t baseline_median_ps = 0;
    ErrorPair kernel_error, total_error,
        plain_error;             // plain_error: the plain algorithm's total_error
    std::uint64_t energy_uj = 0; // per launch; 0: not measured
    std::uint64_t workspace_bytes = 0;
    Digest program{}; // program hash; zero when emitting failed
    bool deterministic = false, batch_invariant = false;
    std::vector<std::int64_t> leading; // exact leading dimensions measured, in order of the args
    std::string detail; // why it failed: reason, first bad index, expected and got; <= 4 KiB
    // Provenance. Advisory: nothing is ordered or expired by it.
    Origin origin = Origin::measured;
    std::string tool; // "hone 0.1.0"
    std::string host; // salted hash, may be empty
    std::uint64_t unix_time = 0;

    friend bool operator==(const Fact&, const Fact&) = default;
};

// Takes back a fact. Retractions are facts of their own kind and merge by union too.
struct Retraction {
    Digest target{};
    std::string reason;

    friend bool operator==(const Retraction&, const Retraction&) = default;
};

// What a store keeps: canonical bytes and their id = BLAKE2b-256(bytes). Never re-encoded.
struct Record {
    Digest id{};
    std::vector<std::byte> bytes;

    friend bool operator==(const Record&, const Record&) = default;
};

// Canonical encoding: CBOR (RFC 8949) with definite lengths, shortest integers, no floating point,
// maps with text keys in bytewise order. Texts become valid UTF-8, detail and reason are cut to
// 4 KiB. Throws Error(not_kept) beyond 64 KiB in all.
[[nodiscard]] Record encode(const Fact& fact);
[[nodiscard]] Record encode(const Retraction& retraction);

// What a record says. Exactly one of `fact` and `retraction` is set when `error` is empty. Unknown
// fields are ignored and stay in the bytes; a newer format, another kind, a wrong type, an
// out-of-range value, or bytes that are not canonical give an error and nothing else. Never throws
// on any bytes.
struct Decoded {
    std::optional<Fact> fact;
    std::optional<Retraction> retraction;
    bool newer = false; // made by a newer format: skip, do not call it damage
    std::string error;
};
[[nodiscard]] Decoded decode(std::span<const std::byte> bytes);
// Also checks that the id is the digest of the bytes.
[[nodiscard]] Decoded decode(const Record& record);

} // namespace hone
