#include "common/vendor_gemm.hpp"

#include "common/gemm_call.hpp"
#include "common/library.hpp"
#include "hone/error.hpp"
#include "hone/gemm.hpp"

#include <algorithm>

namespace hone::vendor {
namespace {

Support no(std::string reason) { return {false, std::move(reason)}; }

} // namespace

Entry entry_of_one_type(const Gemm& gemm, const char* f32, const char* f64) {
    const auto text = [](DType dtype) { return std::string(to_string(dtype)); };
    for (const DType dtype : {gemm.b, gemm.c, gemm.d})
        if (dtype != gemm.a && dtype != DType::none)
            return {nullptr, "types " + text(gemm.a) + " and " + text(dtype) + " in one product"};
    if (gemm.a == DType::f32) return {f32, {}};
    if (gemm.a == DType::f64 && f64) return {f64, {}};
    return {nullptr, "operands of type " + text(gemm.a)};
}

Extent packed_b_extent() {
    return {packed_b_bytes(1, 1), {{Gemm::n_dim, packed_unit}, {Gemm::k_dim, packed_unit}}};
}

VendorGemm::VendorGemm(const GemmLibrary& library, std::string plugin)
    : library_(library), plugin_(std::move(plugin)), path_(find_library(library.sonames)) {}

std::string VendorGemm::library_version() const {
    std::call_once(asked_, [&] {
        if (path_.empty()) return;
        const std::string version = library_.version(path_);
        if (!version.empty()) version_ = name() + " " + version;
    });
    return version_;
}

Support VendorGemm::supports(const Problem& problem, const DeviceModel& device) const {
    if (device.backend != "cpu") return no("only for backend cpu");
    const Gemm gemm = Gemm::from(problem);
    if (!gemm.epilogue.empty()) return no("an epilogue");
    if (std::max({gemm.m, gemm.n, gemm.k}) > library_.largest_extent)
        return no("an extent above " + std::to_string(library_.largest_extent));
    Entry entry = library_.entry(gemm, device);
    if (!entry.symbol) return no(std::move(entry.objection));
    if (!gemm.b_layout.empty() && !entry.pack) return no("b_layout " + gemm.b_layout);
    if (path_.empty()) return no("library " + std::string(library_.sonames.front()) + " not found");
    if (library_version().empty()) return no("library " + path_ + " cannot be used");
    return {true, {}};
}

SearchSpace VendorGemm::space(const Problem&, const DeviceModel&) const { return {}; }

std::optional<Config> VendorGemm::fallback(const Problem&, const DeviceModel&) const {
    return Config{};
}

StaticDims VendorGemm::static_dims(const Problem&) const { return {}; }

Program VendorGemm::emit(const Problem& problem, const Config& config,
                         const DeviceModel& device) const {
    if (!config.canonical_text().empty())
        throw Error(Errc::workload,
                    name() + ": " + config.canonical_text() + ": there is nothing to configure");
    const Gemm gemm = Gemm::from(problem);
    const Entry entry = library_.entry(gemm, device);
    if (!entry.symbol) throw Error(Errc::workload, name() + ": " + entry.objection);

    Module module;
    module.kind = Module::Kind::library;
    module.name = name();
    module.library = plugin_;
    module.version = library_version();
    module.entries = {entry.symbol};

    Step step;
    step.kernel = module.entries.front();
    step.grid[0] = {1, {}}; // the library has its own threads
    step.args = gemm_arguments(gemm, device.cores);

    Program program;
    if (entry.pack) {
        // The library's own layout, whatever its name; D's place is where it goes.
        module.entries.emplace_back(entry.pack);
        Step pack = step;
        pack.kernel = entry.pack;
        pack.args[3] = PreparedArg{0};
        program.prepare.push_back({Gemm::b_arg, name(), packed_b_extent(), {std::move(pack)}});
        step.args[1] = PreparedArg{0};
    }
    program.modules.push_back(std::move(module));
    program.steps.push_back(std::move(step));
    // No library promises the same bits from run to run, or for a row whatever the others are.
    program.numerics = {gemm.a, gemm.a == DType::f64 ? DType::f64 : DType::f32, 1, false, false};
    return program;
}

} // namespace hone::vendor
