// Parameters of the kernel and what must hold between them.
#pragma once

#include "cuda_family/host/target.hpp"
#include "hone/config.hpp"
#include "hone/gemm.hpp"
#include "hone/space.hpp"

#include <cstdint>
#include <vector>

namespace hone::gemm_w4a16 {

[[nodiscard]] std::vector<Parameter> parameters();
// What must hold whatever the extents are.
[[nodiscard]] std::vector<Constraint> rules(const cuda_family::Target& target);
// Right for all extents; the same for all problems of the same types, group and flags.
[[nodiscard]] Config shape_generic();
// First guesses for these extents, best first; some may not be legal.
[[nodiscard]] std::vector<Config> first_guesses(const Gemm& gemm,
                                                const cuda_family::Target& target);

// What a block takes of an SM.
struct Footprint {
    std::int64_t threads = 0, shared_bytes = 0;
    std::int64_t registers = 0; // per thread, estimated
};
[[nodiscard]] Footprint footprint(const Config& config);

} // namespace hone::gemm_w4a16
