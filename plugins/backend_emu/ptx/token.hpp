// Tokens of PTX (PTX ISA, chapter 4.3).
#pragma once

#include "types.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hone::emu::ptx {

struct Token {
    enum class Kind : u8 {
        end,
        word,     // identifier, also %reg and $label
        dot_word, // ".f32", ".shared::cta"; text is without the dot
        integer,  // bits
        f32,      // bits of 0f..., or of a decimal number as a double (kind f64)
        f64,
        string, // text is without the quotes
        punct,  // one character
    };
    Kind kind = Kind::end;
    u32 line = 0;
    std::string_view text;
    u64 bits = 0;

    [[nodiscard]] bool is(char c) const noexcept {
        return kind == Kind::punct && text.front() == c;
    }
    [[nodiscard]] bool is_word(std::string_view word) const noexcept {
        return kind == Kind::word && text == word;
    }
    [[nodiscard]] bool is_dot(std::string_view word) const noexcept {
        return kind == Kind::dot_word && text == word;
    }
};

// All tokens of `text`, an end token last. They view into `text`. Throws Error(workload).
[[nodiscard]] std::vector<Token> tokenize(std::string_view text, const std::string& file);

} // namespace hone::emu::ptx
