#include "lib/op/written.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace hone {

namespace {

using Type = Written::Type;

std::string wanted_integer(std::int64_t min) {
    if (min == 1) return "a positive integer";
    if (min == 0) return "a non-negative integer";
    return fmt::format("an integer of at least {}", min);
}

// What the user may have meant: "12k" is 12000.
std::string integer_example(const Written& value, std::int64_t max) {
    std::int64_t number = 0;
    const char* end = value.text.data() + value.text.size();
    const auto [rest, status] = std::from_chars(value.text.data(), end, number);
    const bool thousands = rest + 1 == end && (*rest == 'k' || *rest == 'K');
    const bool fits = status == std::errc{} && number > 0 && number <= max / 1000;
    return thousands && fits ? fmt::format("{}", number * 1000) : "4096";
}

std::string integer_hint(const std::string& key, const Written& value, std::int64_t max) {
    const std::string example = integer_example(value, max);
    if (value.in_toml()) return fmt::format("write {0} = {1} or {0} = [1, 8]", key, example);
    return fmt::format("write {}={}", key, example);
}

} // namespace

std::string in_quotes(std::string_view text) {
    constexpr std::size_t longest = 80;
    std::string shown = "\"";
    for (const char c : text.substr(0, longest)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte >= 0x7f) {
            shown += fmt::format("\\x{:02x}", byte);
        } else {
            shown += c;
        }
    }
    return shown + (text.size() > longest ? "...\"" : "\"");
}

std::string Written::shown() const {
    return type == Type::bare || type == Type::string ? in_quotes(text) : text;
}

std::variant<std::int64_t, Complaint> read_integer(const std::string& key, const Written& value,
                                                   std::int64_t min, std::int64_t max) {
    const auto refuse = [&](const std::string& wanted) {
        return Complaint{fmt::format("{} must be {}, got {}", key, wanted, value.shown()),
                         integer_hint(key, value, max)};
    };
    if (value.type != Type::bare && value.type != Type::integer) return refuse(wanted_integer(min));
    std::int64_t number = 0;
    const char* end = value.text.data() + value.text.size();
    const auto [rest, status] = std::from_chars(value.text.data(), end, number);
    if (rest != end || status == std::errc::invalid_argument) return refuse(wanted_integer(min));
    const bool overflow = status == std::errc::result_out_of_range;
    const bool negative = value.text.front() == '-';
    if (overflow ? negative : number < min) return refuse(wanted_integer(min));
    if (overflow || number > max) return refuse(fmt::format("at most {}", max));
    return number;
}

std::variant<double, Complaint> read_real(const std::string& key, const Written& value) {
    Complaint refusal{fmt::format("{} must be a finite number, got {}", key, value.shown()),
                      value.in_toml() ? fmt::format("write {} = 0.5", key)
                                      : fmt::format("write {}=0.5", key)};
    const bool number_type =
        value.type == Type::bare || value.type == Type::integer || value.type == Type::real;
    if (!number_type) return refusal;
    double number = 0;
    const char* end = value.text.data() + value.text.size();
    const auto [rest, status] = std::from_chars(value.text.data(), end, number);
    if (rest != end || status != std::errc{} || !std::isfinite(number)) return refusal;
    return number == 0 ? 0.0 : number; // -0 and 0 would be two keys of one problem
}

std::variant<std::string, Complaint> read_text(const std::string& key, const Written& value) {
    if (value.type == Type::bare || value.type == Type::string) return value.text;
    return Complaint{fmt::format("{} must be a text, got {}", key, value.shown()),
                     fmt::format("texts stand in quotes: {} = \"...\"", key)};
}

} // namespace hone
