#include "family.hpp"

#include "cuda_family/host/choice.hpp"
#include "cuda_family/host/features.hpp"
#include "cuda_family/host/gemm_program.hpp"
#include "hone/error.hpp"
#include "product.hpp"

#include <algorithm>

namespace hone::gemm_mma {

using namespace cuda_family;

namespace {

Support no(std::string reason) { return {false, std::move(reason)}; }

double real(std::int64_t value) { return static_cast<double>(value); }

} // namespace

Support GemmMma::supports(const Problem& problem, const DeviceModel& device) const {
    if (std::string reason = cuda_family::objection(device); !reason.empty()) return no(reason);
    const Gemm gemm = Gemm::from(problem);
    if (products(gemm, Target::from(device)).empty())
        return no("no instruction of " + device.arch + " multiplies " +
                  std::string(to_string(gemm.a)) + " and " + std::string(to_string(gemm.b)));
    if (!gemm.b_layout.empty()) return no("b_layout " + gemm.b_layout + " is not known");
    return {true, {}};
}

SearchSpace GemmMma::space(const Problem& problem, const DeviceModel& device) const {
    const Gemm gemm = Gemm::from(problem);
    const Target target = Target::from(device);
    const std::vector<Parameter> list = parameters(gemm, target);
    std::vector<Constraint> constraints = rules(gemm, target);
    const Config generic = shape_generic(gemm, target);
    for (const auto& [name, extent] :
         {std::pair{"BM", gemm.m}, std::pair{"BN", gemm.n}, std::pair{"BK", gemm.k}}) {
        const auto parameter = std::ranges::find(list, name, &Parameter::name);
        constraints.push_back(cuda_family::covers(*parameter, extent, generic.integer(name)));
    }
    // A slice sums at least 64 products.
    constraints.push_back(
        Constraint::expression("SPLIT == 1 or SPLIT * 64 <= " + std::to_string(gemm.k)));
    return {list, std::move(constraints)};
}

std::optional<Config> GemmMma::fallback(const Problem& problem, const DeviceModel& device) const {
    const Gemm gemm = Gemm::from(problem);
    // f32 as terms of shorter types depends on the contract; gemm_simt has one without that.
    if (gemm.a == DType::f32) return std::nullopt;
    return shape_generic(gemm, Target::from(device));
}

std::vector<Config> GemmMma::seeds(const Problem& problem, const DeviceModel& device) const {
    return cuda_family::legal_ones(space(problem, device),
                                   first_guesses(Gemm::from(problem), Target::from(device)));
}

StaticDims GemmMma::static_dims(const Problem&) const { return cuda_family::gemm_static_dims(); }

Program GemmMma::emit(const Problem& problem, const Config& config,
                      const DeviceModel& device) const {
    const Gemm gemm = Gemm::from(problem);
    const Target target = Target::from(device);
    const std::string reason =
        cuda_family::objection(parameters(gemm, target), rules(gemm, target), config);
    if (!reason.empty())
        throw Error(Errc::workload, "gemm_mma: " + config.canonical_text() + ": " + reason);
    return gemm_mma::emit(gemm, config, target);
}

std::vector<std::pair<std::string, double>>
GemmMma::features(const Problem& problem, const Config& config, const DeviceModel& device) const {
    const Gemm gemm = Gemm::from(problem);
    const Target target = Target::from(device);
    const auto value = [&](const char* name) { return config.integer(name); };
    const std::int64_t bm = value("BM"), bn = value("BN"), wm = value("WM"), wn = value("WN");
    const Footprint block = footprint(gemm, config, target);
    const Occupancy occupancy{block.threads, block.registers, block.shared_bytes,
                              tiles(gemm.m, bm) * tiles(gemm.n, bn) * gemm.batch * value("SPLIT")};
    Features features = occupancy_features(target, occupancy);
    features.insert(
        features.end(),
        {{"waste", waste(gemm.m, bm, gemm.n, bn)},
         {"bytes_in_flight", real((value("STAGES") - 1) * (bm + bn) * value("BK") *
                                  bytes(gemm.a, 1) * resident_blocks(target, occupancy))},
         {"reads_per_product", real(wm + wn) / real(wm * wn)},
         {"loads_per_product", real(bm + bn) / real(bm * bn)},
         {"tiles_of_k", real(tiles(gemm.k, value("BK") * value("SPLIT")))}});
    return features;
}

} // namespace hone::gemm_mma
