// Parameters of the forward kernel and what must hold between them.
#pragma once

#include "cuda_family/host/target.hpp"
#include "hone/attention.hpp"
#include "hone/config.hpp"
#include "hone/space.hpp"

#include <cstdint>
#include <vector>

namespace hone::attention_mma {

[[nodiscard]] std::vector<Parameter> forward_parameters(const Attention& attention);
// What must hold whatever the lengths are.
[[nodiscard]] std::vector<Constraint> forward_rules(const Attention& attention,
                                                    const cuda_family::Target& target);
// Right for all lengths; the same for all problems of the same types, heads and flags.
[[nodiscard]] Config forward_generic(const Attention& attention);
// First guesses for these lengths, best first; some may not be legal.
[[nodiscard]] std::vector<Config> forward_guesses(const Attention& attention,
                                                  const cuda_family::Target& target);

// What a block takes of an SM.
struct ForwardFootprint {
    std::int64_t threads = 0, shared_bytes = 0;
    std::int64_t registers = 0;          // per thread, estimated
    std::int64_t positions_per_tile = 1; // of queries
};
[[nodiscard]] ForwardFootprint footprint(const Attention& attention, const Config& config);

} // namespace hone::attention_mma
