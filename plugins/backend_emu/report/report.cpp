#include "report/report.hpp"

#include <algorithm>
#include <array>

namespace hone::emu {
namespace {

// Headers of the CUDA toolkit, by their names: paths differ between machines.
bool is_toolkit_header(std::string_view file) {
    const std::string_view base = file.substr(file.find_last_of('/') + 1);
    if (base.starts_with("sm_") && (base.find("_intrinsics.") != std::string_view::npos ||
                                    base.find("_functions.") != std::string_view::npos))
        return true;
    for (const std::string_view known :
         {"device_atomic_functions.h", "device_functions.h", "cuda_fp16.h", "cuda_bf16.h",
          "cuda_fp8.h", "math_functions.h", "common_functions.h", "cuda_pipeline", "mma.h",
          "cuda_runtime", "vector_functions", "crt/"})
        if (base.starts_with(known) || file.find("/crt/") != std::string_view::npos) return true;
    return false;
}

} // namespace

std::string_view to_string(Rule rule) noexcept {
    static constexpr std::array<std::string_view, 18> names{"out_of_bounds",
                                                            "misaligned",
                                                            "write_to_read_only",
                                                            "race",
                                                            "uninitialised_read",
                                                            "async_in_flight",
                                                            "async_not_waited",
                                                            "divergent_barrier",
                                                            "invalid_barrier",
                                                            "invalid_members",
                                                            "inactive_lane",
                                                            "divergent_operation",
                                                            "deadlock",
                                                            "instruction_budget",
                                                            "trap",
                                                            "stack_overflow",
                                                            "invalid_launch",
                                                            "schedule_dependent"};
    return names[static_cast<std::size_t>(rule)];
}

Place place_of(const Code& code, const Inst& inst) {
    Place place;
    place.ptx_line = static_cast<int>(inst.line);
    const ptx::Module& module = *code.module;
    const ptx::Source& source = module.sources[inst.source];
    const auto name = [&](u32 file) {
        return file < module.files.size() ? module.files[file] : std::string();
    };
    if (source.line == 0 || name(source.file).empty()) {
        place.file = module.file;
        place.line = place.ptx_line;
        return place;
    }
    place.file = name(source.file);
    place.line = static_cast<int>(source.line);
    // The user's line is where the toolkit's function was called.
    if (source.inlined_line && is_toolkit_header(place.file) &&
        !is_toolkit_header(name(source.inlined_file))) {
        place.file = name(source.inlined_file);
        place.line = static_cast<int>(source.inlined_line);
        return place;
    }
    if (source.inlined_line)
        place.inlined =
            ", inlined at " + name(source.inlined_file) + ":" + std::to_string(source.inlined_line);
    return place;
}

void Reports::add(Rule rule, const Code& code, const Inst& inst,
                  const std::function<std::string()>& message) {
    const auto [at, is_new] = found_.try_emplace({rule, &code, &inst});
    if (!is_new) {
        ++at->second.count;
        return;
    }
    const Place place = place_of(code, inst);
    at->second = {rule,
                  message() + place.inlined + " (PTX line " + std::to_string(place.ptx_line) + ")",
                  place.file,
                  place.line,
                  1,
                  place.ptx_line};
}

void Reports::add(Rule rule, std::string message) {
    for (Report& known : unplaced_)
        if (known.rule == rule && known.message == message) {
            ++known.count;
            return;
        }
    unplaced_.push_back({rule, std::move(message), {}, 0, 1, 0});
}

bool Reports::has(Rule rule) const noexcept {
    return std::any_of(found_.begin(), found_.end(),
                       [&](const auto& entry) { return std::get<0>(entry.first) == rule; }) ||
           std::any_of(unplaced_.begin(), unplaced_.end(),
                       [&](const Report& report) { return report.rule == rule; });
}

std::vector<Report> Reports::sorted() const {
    std::vector<Report> all;
    for (const auto& entry : found_) all.push_back(entry.second);
    std::stable_sort(all.begin(), all.end(), [](const Report& a, const Report& b) {
        return std::tie(a.ptx_line, a.rule, a.message) < std::tie(b.ptx_line, b.rule, b.message);
    });
    all.insert(all.end(), unplaced_.begin(), unplaced_.end());
    return all;
}

} // namespace hone::emu
