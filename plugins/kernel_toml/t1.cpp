#include "t1.hpp"

#include "hone/error.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string_view>

namespace hone::kernel_toml {
namespace {

constexpr std::int64_t most_values = 1 << 20;              // of a range
constexpr std::int64_t most_bound = std::int64_t{1} << 62; // so that nothing overflows

// Python's list literals, range and + between lists, of constants: all that T1 files in the wild
// use besides comprehensions, which would need an interpreter.
class ListReader final {
  public:
    explicit ListReader(std::string_view text) : rest_(text) {}

    std::vector<Value> read() {
        std::vector<Value> values = one_list();
        while (take("+"))
            for (Value& value : one_list()) values.push_back(std::move(value));
        skip();
        if (!rest_.empty()) fail();
        return values;
    }

  private:
    [[noreturn]] void fail() const {
        throw Error(Errc::workload, fmt::format("cannot read \"{}\" as a list of constants", rest_),
                    "write the values out, such as [1, 2, 4]");
    }
    void skip() {
        while (!rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
    }
    bool take(std::string_view word) {
        skip();
        if (!rest_.starts_with(word)) return false;
        rest_.remove_prefix(word.size());
        return true;
    }
    void need(std::string_view word) {
        if (!take(word)) fail();
    }
    std::int64_t integer() {
        skip();
        std::int64_t value = 0;
        const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
        if (error != std::errc()) fail();
        rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
        while (take("+"))
            if (__builtin_add_overflow(value, integer(), &value)) fail();
        return value;
    }
    Value scalar() {
        skip();
        if (!rest_.empty() && (rest_.front() == '\'' || rest_.front() == '"')) {
            const std::size_t end = rest_.find(rest_.front(), 1);
            if (end == std::string_view::npos) fail();
            Value text = std::string(rest_.substr(1, end - 1));
            rest_.remove_prefix(end + 1);
            return text;
        }
        const std::size_t end = std::min(rest_.size(), rest_.find_first_of(",]"));
        std::string_view number = rest_.substr(0, end);
        while (number.ends_with(' ')) number.remove_suffix(1);
        Value value = parse_value(number);
        if (std::holds_alternative<std::string>(value)) fail();
        rest_.remove_prefix(end);
        return value;
    }
    std::vector<Value> one_list() {
        const bool call = take("list(");
        std::vector<Value> values;
        if (take("range(")) {
            std::vector<std::int64_t> bounds{integer()};
            while (take(",")) bounds.push_back(integer());
            need(")");
            if (bounds.size() > 3 || (bounds.size() == 3 && bounds[2] <= 0)) fail();
            const std::int64_t first = bounds.size() > 1 ? bounds[0] : 0;
            const std::int64_t last = bounds.size() > 1 ? bounds[1] : bounds[0];
            const std::int64_t step = bounds.size() > 2 ? bounds[2] : 1;
            if (last > first &&
                (first < -most_bound || last > most_bound || (last - first) / step > most_values))
                fail();
            for (std::int64_t i = first; i < last; i += step) values.emplace_back(i);
        } else {
            need("[");
            while (!take("]")) {
                values.push_back(scalar());
                if (!take(",")) {
                    need("]");
                    break;
                }
            }
        }
        if (call) need(")");
        return values;
    }

    std::string_view rest_;
};

Value from_json(const nlohmann::json& json) {
    if (json.is_number_integer()) return json.get<std::int64_t>();
    if (json.is_number()) return json.get<double>();
    return json.get<std::string>();
}

Parameter read_parameter(const nlohmann::json& json) {
    Parameter parameter;
    parameter.name = json.at("Name").get<std::string>();
    const nlohmann::json& values = json.at("Values");
    if (values.is_array()) {
        for (const nlohmann::json& value : values) parameter.values.push_back(from_json(value));
    } else {
        parameter.values = ListReader(values.get<std::string>()).read();
    }
    parameter.ordinal = std::ranges::none_of(parameter.values, [](const Value& value) {
        return std::holds_alternative<std::string>(value);
    });
    return parameter;
}

} // namespace

T1Space read_t1(const std::filesystem::path& file) {
    std::ifstream stream(file);
    if (!stream) throw Error(Errc::workload, file.native() + ": cannot be read");
    T1Space space;
    std::string part = "no JSON document";
    try {
        const nlohmann::json json = nlohmann::json::parse(stream);
        part = "ConfigurationSpace";
        const nlohmann::json& given = json.at("ConfigurationSpace");
        for (const nlohmann::json& one : given.at("TuningParameters")) {
            part = "parameter " + one.value("Name", std::string("without a name"));
            space.parameters.push_back(read_parameter(one));
            if (!one.contains("Default") || !one.at("Default").is_primitive()) continue;
            const Parameter& parameter = space.parameters.back();
            const Value value = from_json(one.at("Default"));
            if (std::ranges::find(parameter.values, value) != parameter.values.end())
                space.defaults.set(parameter.name, value);
        }
        for (const nlohmann::json& one : given.value("Conditions", nlohmann::json::array())) {
            part = "condition " + one.dump();
            space.constraints.push_back(
                Constraint::expression(one.at("Expression").get<std::string>()));
        }
        part = "conditions";
        (void)SearchSpace(space.parameters, space.constraints, {.listed_nodes = 1});
    } catch (const nlohmann::json::exception& error) {
        throw Error(Errc::workload, fmt::format("{}: {}: {}", file.native(), part, error.what()));
    } catch (const Error& error) {
        throw Error(Errc::workload, fmt::format("{}: {}: {}", file.native(), part, error.what()),
                    error.hint());
    }
    return space;
}

} // namespace hone::kernel_toml
