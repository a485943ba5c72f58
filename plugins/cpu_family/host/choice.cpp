#include "cpu_family/host/choice.hpp"

#include "hone/error.hpp"

#include <string>
#include <variant>

namespace hone::cpu_family {
namespace {

const Value& parameter(std::string_view family, const Config& config, const char* name) {
    if (!config.contains(name))
        throw Error(Errc::workload, std::string(family) + ": the config has no " + name);
    return config.at(name);
}

} // namespace

std::int64_t integer(std::string_view family, const Config& config, const char* name) {
    const Value& value = parameter(family, config, name);
    const auto* number = std::get_if<std::int64_t>(&value);
    if (!number)
        throw Error(Errc::workload,
                    std::string(family) + ": " + name + "=" + to_string(value) + " is no integer");
    return *number;
}

std::size_t named(std::string_view family, const Config& config, const char* name,
                  std::span<const char* const> names) {
    const std::string text = to_string(parameter(family, config, name));
    for (std::size_t i = 0; i < names.size(); ++i)
        if (text == names[i]) return i;
    throw Error(Errc::workload, std::string(family) + ": there is no " + name + "=" + text);
}

} // namespace hone::cpu_family
