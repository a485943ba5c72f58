// What a sitting measures and how that becomes facts.
#pragma once

#include "hone/family.hpp"
#include "lib/measure/measurer.hpp"

#include <cstdint>
#include <string>

namespace hone {

// A config of a family together with the program it emits.
struct Candidate {
    const KernelFamily* family = nullptr;
    Problem problem; // what the program was emitted for: with proxies the small one
    Config config;
    Executable executable;
    Digest program{};
    Outcome outcome = Outcome::ok; // of emitting and compiling
    std::string log;               // why not ok
};

// What all facts of one problem in one sitting share.
struct Stamp {
    std::string problem; // canonical text
    std::string device;  // canonical text of the model
    std::string compiler;
    std::string policy;
    SittingId sitting{};
    std::vector<std::int64_t> leading;
    std::string tool;
};

[[nodiscard]] SittingId random_sitting();

// hone, the compiler and, for a vendor family, its library, as "name version; ...".
[[nodiscard]] std::string toolchain_of(const Stamp& stamp, const KernelFamily& family);

// `baseline` zero: none was measured beside it.
[[nodiscard]] Fact make_fact(const Stamp& stamp, const Candidate& candidate,
                             const Measured& measured, Stage stage, const Digest& baseline = {},
                             std::uint64_t baseline_median_ps = 0);

// Emits the program. A config that the family refuses gives invalid_config.
[[nodiscard]] Candidate emit_candidate(const KernelFamily& family, const Problem& problem,
                                       Config config, const DeviceModel& device);

// What one trial says of the candidate's standing, for contracts.
[[nodiscard]] bool inside_contract(const Contract& contract, const Measured& measured,
                                   const Numerics& numerics);

} // namespace hone
