// A value as a user wrote it, in a problem text or in TOML, and what is wrong with it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace hone {

struct Written {
    enum class Type : std::uint8_t {
        bare,   // of a problem text, where the field decides what it is
        string, // the others are TOML's
        integer,
        real,
        boolean,
        other, // text says what: "a table"
    };
    Type type = Type::bare;
    std::string text;

    [[nodiscard]] bool in_toml() const noexcept { return type != Type::bare; }
    // For messages: strings in quotes, the rest as it stands.
    [[nodiscard]] std::string shown() const;
};

// In double quotes, on one line of printable ASCII, cut after 80 bytes.
[[nodiscard]] std::string in_quotes(std::string_view text);

// What an Error will say once the position is known.
struct Complaint {
    std::string what;
    std::string hint;
};

// An integer in [min, max], or what is wrong with it as the value of `key`.
[[nodiscard]] std::variant<std::int64_t, Complaint>
read_integer(const std::string& key, const Written& value, std::int64_t min, std::int64_t max);
// A finite number; -0 becomes 0.
[[nodiscard]] std::variant<double, Complaint> read_real(const std::string& key,
                                                        const Written& value);
// Any text.
[[nodiscard]] std::variant<std::string, Complaint> read_text(const std::string& key,
                                                             const Written& value);

} // namespace hone
