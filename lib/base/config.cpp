#include "hone/config.hpp"

#include "hone/error.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace hone {

namespace {

constexpr std::string_view blanks = " \t\r\n";

bool is_control(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
}

std::string real_text(double real) {
    if (std::isnan(real)) return "nan";
    std::array<char, 32> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), real).ptr;
    std::string text(buffer.data(), end);
    // "1" would come back as an integer.
    if (text.find_first_of(".en") == std::string::npos) text += ".0";
    return text;
}

template <typename Number> std::optional<Number> read_number(std::string_view text) {
    Number number{};
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (status != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

[[noreturn]] void fail(std::string_view text, std::size_t column, const std::string& what) {
    throw Error(Errc::workload,
                "config \"" + std::string(text) + "\": column " + std::to_string(column + 1) +
                    ": " + what,
                "write name=value pairs with a space between them, for example BK=32 BM=128");
}

} // namespace

std::string to_string(const Value& value) {
    if (const auto* integer = std::get_if<std::int64_t>(&value)) return std::to_string(*integer);
    if (const auto* real = std::get_if<double>(&value)) return real_text(*real);
    return std::get<std::string>(value);
}

Value parse_value(std::string_view text) {
    if (const auto integer = read_number<std::int64_t>(text)) return *integer;
    if (text == "inf") return std::numeric_limits<double>::infinity();
    if (text == "-inf") return -std::numeric_limits<double>::infinity();
    if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
    // from_chars knows more spellings of inf and nan; those are texts. So are integers that do not
    // fit: they would lose digits as reals.
    const bool real_form = text.find_first_of(".e") != std::string_view::npos &&
                           text.find_first_not_of("0123456789.e+-") == std::string_view::npos;
    if (real_form) {
        if (const auto real = read_number<double>(text)) return *real;
    }
    return std::string(text);
}

Config Config::parse(std::string_view text) {
    Config config;
    std::size_t begin = text.find_first_not_of(blanks);
    while (begin != std::string_view::npos) {
        const std::size_t end = std::min(text.find_first_of(blanks, begin), text.size());
        const std::string_view pair = text.substr(begin, end - begin);
        const std::size_t equals = pair.find('=');
        if (equals == std::string_view::npos || equals == 0) {
            fail(text, begin, "expected name=value, got \"" + std::string(pair) + "\"");
        }
        if (pair.find('=', equals + 1) != std::string_view::npos) {
            fail(text, begin, "more than one '=' in \"" + std::string(pair) + "\"");
        }
        if (std::any_of(pair.begin(), pair.end(), is_control)) {
            fail(text, begin, "a control character stands in a name or value");
        }
        std::string name(pair.substr(0, equals));
        if (config.contains(name)) fail(text, begin, name + " is given twice");
        config.set(std::move(name), parse_value(pair.substr(equals + 1)));
        begin = text.find_first_not_of(blanks, end);
    }
    return config;
}

const Value& Config::at(std::string_view name) const {
    const auto found = values_.find(name);
    if (found != values_.end()) return found->second;
    throw Error(Errc::internal,
                "config \"" + canonical_text() + "\" has no parameter " + std::string(name));
}

std::int64_t Config::integer(std::string_view name) const {
    const Value& value = at(name);
    if (const auto* integer = std::get_if<std::int64_t>(&value)) return *integer;
    throw Error(Errc::internal, "config \"" + canonical_text() + "\": parameter " +
                                    std::string(name) + " is not an integer");
}

const std::string& Config::text(std::string_view name) const {
    const Value& value = at(name);
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    throw Error(Errc::internal, "config \"" + canonical_text() + "\": parameter " +
                                    std::string(name) + " is not a text");
}

std::string Config::canonical_text() const {
    std::string text;
    for (const auto& [name, value] : values_) {
        if (!text.empty()) text += ' ';
        text += name;
        text += '=';
        text += to_string(value);
    }
    return text;
}

} // namespace hone
