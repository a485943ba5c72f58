// The fields of a record, named once: encoding and decoding walk the same list. docs/facts.md
// documents each.
#pragma once

#include "hone/fact.hpp"

#include <concepts>
#include <cstddef>
#include <type_traits>

namespace hone::cache {

inline constexpr std::size_t max_record_bytes = std::size_t{64} << 10;
inline constexpr std::size_t max_detail_bytes = std::size_t{4} << 10;
inline constexpr std::size_t max_leading = 64;
inline constexpr int max_record_depth = 16;

template <typename T, typename U>
concept maybe_const = std::same_as<std::remove_const_t<T>, U>;

template <maybe_const<TimeSummary> T, typename Visit> void visit_fields(T& time, Visit&& visit) {
    visit("count", time.count);
    visit("min_ps", time.min_ps);
    visit("q1_ps", time.q1_ps);
    visit("median_ps", time.median_ps);
    visit("q3_ps", time.q3_ps);
    visit("low_ps", time.low_ps);
    visit("high_ps", time.high_ps);
    visit("dropped", time.dropped);
    visit("clock_khz", time.clock_khz);
    visit("throttle_bits", time.throttle_bits);
    visit("noisy", time.noisy);
}

template <maybe_const<Fact> T, typename Visit> void visit_fields(T& fact, Visit&& visit) {
    visit("problem", fact.problem);
    visit("family", fact.family);
    visit("revision", fact.revision);
    visit("config", fact.config);
    visit("device", fact.device);
    visit("toolchain", fact.toolchain);
    visit("policy", fact.policy);
    visit("sitting", fact.sitting);
    visit("stage", fact.stage);
    visit("outcome", fact.outcome);
    visit("time", fact.time);
    visit("baseline", fact.baseline);
    visit("baseline_median_ps", fact.baseline_median_ps);
    visit("kernel_error", fact.kernel_error);
    visit("total_error", fact.total_error);
    visit("plain_error", fact.plain_error);
    visit("energy_uj", fact.energy_uj);
    visit("workspace_bytes", fact.workspace_bytes);
    visit("program", fact.program);
    visit("deterministic", fact.deterministic);
    visit("batch_invariant", fact.batch_invariant);
    visit("leading", fact.leading);
    visit("detail", fact.detail);
    visit("origin", fact.origin);
    visit("tool", fact.tool);
    visit("host", fact.host);
    visit("unix_time", fact.unix_time);
}

template <maybe_const<Retraction> T, typename Visit>
void visit_fields(T& retraction, Visit&& visit) {
    visit("target", retraction.target);
    visit("reason", retraction.reason);
}

} // namespace hone::cache
