#include "lib/tune/trials.hpp"

#include "hone/error.hpp"
#include "hone/version.hpp"
#include "hone/winner.hpp"

#include <sodium.h>

#include <chrono>
#include <utility>

namespace hone {

namespace {

constexpr std::size_t longest_detail = 4096;

std::string shortened(std::string text) {
    if (text.size() <= longest_detail) return text;
    // Compilers name the first error first and the summary last: the beginning says more.
    text.resize(longest_detail - 4);
    text += " ...";
    return text;
}

} // namespace

SittingId random_sitting() {
    SittingId id;
    randombytes_buf(id.data(), id.size());
    return id;
}

std::string toolchain_of(const Stamp& stamp, const KernelFamily& family) {
    std::string text = stamp.tool;
    for (const std::string& part : {stamp.compiler, family.library_version()})
        if (!part.empty()) text += "; " + part;
    return text;
}

Fact make_fact(const Stamp& stamp, const Candidate& candidate, const Measured& measured,
               Stage stage, const Digest& baseline, std::uint64_t baseline_median_ps) {
    const Numerics& numerics = candidate.executable.program.numerics;
    Fact fact;
    fact.problem = stamp.problem;
    fact.family = candidate.family->name();
    fact.revision = static_cast<std::uint32_t>(candidate.family->revision());
    fact.config = candidate.config.canonical_text();
    fact.device = stamp.device;
    fact.toolchain = toolchain_of(stamp, *candidate.family);
    fact.policy = stamp.policy;
    fact.sitting = stamp.sitting;
    fact.stage = stage;
    fact.outcome = measured.outcome;
    fact.time = measured.time;
    fact.baseline = baseline;
    fact.baseline_median_ps = baseline_median_ps;
    fact.kernel_error = measured.kernel_error;
    fact.total_error = measured.total_error;
    fact.plain_error = measured.plain_error;
    fact.energy_uj = measured.energy_uj;
    fact.workspace_bytes = measured.workspace_bytes;
    fact.program = candidate.program;
    fact.deterministic = numerics.deterministic;
    fact.batch_invariant = numerics.batch_invariant;
    fact.leading = stamp.leading;
    fact.detail = shortened(measured.detail);
    fact.tool = stamp.tool;
    fact.unix_time =
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(
                                       std::chrono::system_clock::now().time_since_epoch())
                                       .count());
    return fact;
}

Candidate emit_candidate(const KernelFamily& family, const Problem& problem, Config config,
                         const DeviceModel& device) {
    Candidate candidate;
    candidate.family = &family;
    candidate.problem = problem;
    candidate.config = std::move(config);
    // A plugin's mistake with one config must not end the search: whatever it throws is a result.
    try {
        candidate.executable.program = family.emit(problem, candidate.config, device);
        candidate.program = digest(candidate.executable.program);
    } catch (const std::exception& error) {
        candidate.outcome = Outcome::invalid_config;
        candidate.log = error.what();
    }
    return candidate;
}

bool inside_contract(const Contract& contract, const Measured& measured, const Numerics& numerics) {
    Standing standing;
    standing.total_error = measured.total_error;
    standing.plain_error = measured.plain_error;
    standing.workspace_bytes = measured.workspace_bytes;
    standing.deterministic = numerics.deterministic;
    standing.batch_invariant = numerics.batch_invariant;
    return allows(contract, standing);
}

} // namespace hone
