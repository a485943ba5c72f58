// The words of a constraint's text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace hone::space {

struct Token {
    enum class Kind { number, text, name, symbol, end };

    Kind kind = Kind::end;
    std::string_view text;  // as written; of a quoted text what stands between the quotes
    std::size_t column = 0; // from 1, in bytes
    double number = 0;

    // True for this operator, bracket or keyword.
    [[nodiscard]] bool is(std::string_view word) const {
        return (kind == Kind::symbol || kind == Kind::name) && text == word;
    }
};

// Ends with one Token of kind end. The tokens point into `expression`. Throws Error(workload).
[[nodiscard]] std::vector<Token> tokenize(std::string_view expression);

// Throws Error(workload) that names the expression and the column.
[[noreturn]] void fail_at(std::string_view expression, std::size_t column, const std::string& what,
                          std::string hint = {});

} // namespace hone::space
