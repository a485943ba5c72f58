#include "lib/space/tokens.hpp"

#include "hone/error.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace hone::space {

namespace {

// Longer ones first, so that `**` is not read as two of `*`.
constexpr std::array<std::string_view, 18> symbols = {
    "**", "//", "<=", ">=", "==", "!=", "+", "-", "*", "/", "%", "<", ">", "(", ")", "[", "]", ","};
constexpr std::string_view blanks = " \t\r\n";
constexpr std::string_view decimals = "0123456789";
constexpr std::string_view name_characters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";

class Tokenizer final {
  public:
    explicit Tokenizer(std::string_view expression) : expression_(expression) {}

    Token next() {
        position_ = std::min(expression_.find_first_not_of(blanks, position_), expression_.size());
        const std::string_view rest = expression_.substr(position_);
        if (rest.empty()) return take(Token::Kind::end, 0);
        const bool digit = decimals.find(rest[0]) != std::string_view::npos;
        const bool fraction =
            rest[0] == '.' && rest.size() > 1 && decimals.find(rest[1]) != std::string_view::npos;
        if (digit || fraction) return number(rest);
        if (rest[0] == '"' || rest[0] == '\'') return text(rest);
        if (name_characters.find(rest[0]) != std::string_view::npos)
            return take(Token::Kind::name, rest.find_first_not_of(name_characters));
        for (const std::string_view symbol : symbols)
            if (rest.starts_with(symbol)) return take(Token::Kind::symbol, symbol.size());
        fail_at(expression_, position_ + 1, "unexpected " + shown(rest[0]));
    }

  private:
    static std::string shown(char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte > 0x20 && byte < 0x7f ? std::string("'") + c + "'"
                                          : "byte " + std::to_string(byte);
    }

    Token take(Token::Kind kind, std::size_t length) {
        const std::string_view text = expression_.substr(position_, length);
        const Token token{kind, text, position_ + 1};
        position_ += text.size();
        return token;
    }

    Token number(std::string_view rest) {
        double value = 0;
        const auto [end, status] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
        if (status != std::errc{})
            fail_at(expression_, position_ + 1, "not a number hone can hold");
        const auto length = static_cast<std::size_t>(end - rest.data());
        if (length < rest.size() && name_characters.find(rest[length]) != std::string_view::npos)
            fail_at(expression_, position_ + length + 1, "a name right after a number");
        Token token = take(Token::Kind::number, length);
        token.number = value;
        return token;
    }

    Token text(std::string_view rest) {
        const std::size_t close = rest.find(rest[0], 1);
        if (close == std::string_view::npos)
            fail_at(expression_, position_ + 1, "this quote is never closed");
        // No value of a parameter needs one, and Python would read it as an escape.
        const std::size_t backslash = rest.substr(0, close).find('\\');
        if (backslash != std::string_view::npos)
            fail_at(expression_, position_ + backslash + 1, "a backslash in a quoted text");
        Token token = take(Token::Kind::text, close + 1);
        token.text = token.text.substr(1, close - 1);
        return token;
    }

    std::string_view expression_;
    std::size_t position_ = 0;
};

} // namespace

std::vector<Token> tokenize(std::string_view expression) {
    Tokenizer tokenizer(expression);
    std::vector<Token> tokens;
    do tokens.push_back(tokenizer.next());
    while (tokens.back().kind != Token::Kind::end);
    return tokens;
}

void fail_at(std::string_view expression, std::size_t column, const std::string& what,
             std::string hint) {
    if (hint.empty())
        hint = "constraints are written as in Python, for example \"BM % TM == 0 and BM <= 128\"";
    throw Error(Errc::workload,
                "constraint \"" + std::string(expression) + "\": column " + std::to_string(column) +
                    ": " + what,
                std::move(hint));
}

} // namespace hone::space
