#include "family.hpp"

#include "cuda_family/host/choice.hpp"
#include "cuda_family/host/gemm_program.hpp"
#include "hone/error.hpp"

#include <algorithm>

namespace hone::gemm_simt {

using cuda_family::Target;

namespace {

Support no(std::string reason) { return {false, std::move(reason)}; }

double real(std::int64_t value) { return static_cast<double>(value); }

std::int64_t ceil_divide(std::int64_t value, std::int64_t by) { return (value + by - 1) / by; }

} // namespace

Support GemmSimt::supports(const Problem& problem, const DeviceModel& device) const {
    if (std::string reason = cuda_family::objection(device); !reason.empty()) return no(reason);
    const Gemm gemm = Gemm::from(problem);
    const bool integer = cuda_family::sum_type(gemm) == DType::s32;
    if (!integer && (gemm.b == DType::s8 || gemm.b == DType::s4))
        return no("quantised weights are not supported");
    if (!gemm.b_layout.empty()) return no("b_layout " + gemm.b_layout + " is not known");
    return {true, {}};
}

SearchSpace GemmSimt::space(const Problem& problem, const DeviceModel& device) const {
    const Gemm gemm = Gemm::from(problem);
    const std::vector<Parameter> list = parameters();
    std::vector<Constraint> constraints = rules(gemm, Target::from(device));
    const Config generic = shape_generic(gemm);
    for (const auto& [name, extent] : {std::pair{"BM", gemm.m}, std::pair{"BN", gemm.n}}) {
        const auto parameter = std::ranges::find(list, name, &Parameter::name);
        constraints.push_back(cuda_family::covers(*parameter, extent, generic.integer(name)));
    }
    // A slice sums at least 64 products.
    constraints.push_back(
        Constraint::expression("SPLIT == 1 or SPLIT * 64 <= " + std::to_string(gemm.k)));
    return {list, std::move(constraints)};
}

std::optional<Config> GemmSimt::fallback(const Problem& problem, const DeviceModel&) const {
    return shape_generic(Gemm::from(problem));
}

std::vector<Config> GemmSimt::seeds(const Problem& problem, const DeviceModel& device) const {
    return cuda_family::legal_ones(space(problem, device), first_guesses(Gemm::from(problem)));
}

StaticDims GemmSimt::static_dims(const Problem&) const { return cuda_family::gemm_static_dims(); }

Program GemmSimt::emit(const Problem& problem, const Config& config,
                       const DeviceModel& device) const {
    const Gemm gemm = Gemm::from(problem);
    const std::string reason =
        cuda_family::objection(parameters(), rules(gemm, Target::from(device)), config);
    if (!reason.empty())
        throw Error(Errc::workload, "gemm_simt: " + config.canonical_text() + ": " + reason);
    return gemm_simt::emit(gemm, config);
}

std::vector<std::pair<std::string, double>>
GemmSimt::features(const Problem& problem, const Config& config, const DeviceModel& device) const {
    const Gemm gemm = Gemm::from(problem);
    const Target target = Target::from(device);
    const auto value = [&](const char* name) { return config.integer(name); };
    const std::int64_t bm = value("BM"), bn = value("BN"), tm = value("TM"), tn = value("TN");
    const std::int64_t threads = (bm / tm) * (bn / tn);
    const std::int64_t shared = (bm + bn + 2 * value("PAD")) * value("BK") * value("BUFFERS") * 4;
    const std::int64_t registers = tm * tn + tm + tn + 48;
    const std::int64_t tiles_m = ceil_divide(gemm.m, bm), tiles_n = ceil_divide(gemm.n, bn);
    const std::int64_t blocks = tiles_m * tiles_n * gemm.batch * value("SPLIT");
    const std::int64_t resident =
        std::max<std::int64_t>(1, target.resident_blocks(threads, registers, shared));
    return {
        {"shared_bytes", real(shared)},
        {"registers", real(registers)},
        {"threads", real(threads)},
        {"resident_threads", real(resident * threads)},
        {"waves", real(blocks) / real(resident * target.sms)},
        {"waste", real(tiles_m * bm) / real(gemm.m) * real(tiles_n * bn) / real(gemm.n)},
        {"reads_per_fma", real(tm + tn) / real(tm * tn)},
        {"loads_per_fma", real(bm + bn) / real(bm * bn)},
        {"split", real(value("SPLIT"))},
    };
}

} // namespace hone::gemm_simt
