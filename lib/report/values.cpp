#include "lib/report/values.hpp"

#include "hone/config.hpp"

#include <fmt/format.h>

#include <variant>

namespace hone {

std::string time_text(std::uint64_t picoseconds) {
    if (picoseconds == 0) return "-";
    const auto value = static_cast<double>(picoseconds);
    if (value < 1e6) return fmt::format("{:.1f} ns", value * 1e-3);
    if (value < 1e9) return fmt::format("{:.2f} us", value * 1e-6);
    if (value < 1e12) return fmt::format("{:.3f} ms", value * 1e-9);
    return fmt::format("{:.3f} s", value * 1e-12);
}

std::string error_text(std::uint64_t ppt) { return fmt::format("{:.1e}", error_value(ppt)); }

std::uint64_t nanoseconds(std::uint64_t picoseconds) noexcept {
    return picoseconds / 1000 + (picoseconds % 1000 >= 500 ? 1 : 0);
}

double error_value(std::uint64_t ppt) noexcept { return static_cast<double>(ppt) * 1e-12; }

nlohmann::ordered_json config_json(std::string_view canonical_text) {
    nlohmann::ordered_json json = nlohmann::ordered_json::object();
    const Config config = Config::parse(canonical_text);
    for (const auto& [name, value] : config.values())
        std::visit([&, &key = name](const auto& plain) { json[key] = plain; }, value);
    return json;
}

} // namespace hone
