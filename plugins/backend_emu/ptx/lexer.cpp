#include "ptx/error.hpp"
#include "ptx/token.hpp"

#include <bit>
#include <charconv>

namespace hone::emu::ptx {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool starts_word(char c) { return is_alpha(c) || c == '_' || c == '$' || c == '%'; }
bool continues_word(char c) { return is_alpha(c) || is_digit(c) || c == '_' || c == '$'; }

class Lexer {
  public:
    Lexer(std::string_view text, const std::string& file) : text_(text), file_(file) {
        tokens_.reserve(text.size() / 4 + 1);
    }

    std::vector<Token> run() {
        while (skip_blanks(), at_ < text_.size()) next();
        tokens_.push_back({Token::Kind::end, line_, text_.substr(text_.size()), 0});
        return std::move(tokens_);
    }

  private:
    char peek(std::size_t ahead = 0) const {
        return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
    }

    void skip_blanks() {
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '\n') ++line_;
            if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0') {
                ++at_;
            } else if (c == '/' && peek(1) == '/') {
                while (at_ < text_.size() && text_[at_] != '\n') ++at_;
            } else if (c == '/' && peek(1) == '*') {
                at_ += 2;
                while (at_ < text_.size() && !(text_[at_] == '*' && peek(1) == '/'))
                    if (text_[at_++] == '\n') ++line_;
                if (at_ >= text_.size()) fail(file_, line_, "comment without end");
                at_ += 2;
            } else {
                return;
            }
        }
    }

    void add(Token::Kind kind, std::size_t begin, std::size_t end, u64 bits = 0) {
        tokens_.push_back({kind, line_, text_.substr(begin, end - begin), bits});
    }

    void next() {
        const char c = text_[at_];
        const std::size_t begin = at_;
        if (starts_word(c)) {
            ++at_;
            while (continues_word(peek())) ++at_;
            return add(Token::Kind::word, begin, at_);
        }
        if (c == '.' && (continues_word(peek(1)))) {
            ++at_;
            // Also the two-part modifiers: .shared::cta, .L2::128B, .kind::f8f6f4.
            while (continues_word(peek()) || (peek() == ':' && peek(1) == ':'))
                at_ += peek() == ':' ? 2 : 1;
            return add(Token::Kind::dot_word, begin + 1, at_);
        }
        if (is_digit(c)) return number();
        if (c == '"') {
            ++at_;
            while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\n') ++at_;
            if (peek() != '"') fail(file_, line_, "string without end");
            add(Token::Kind::string, begin + 1, at_);
            ++at_;
            return;
        }
        if (std::string_view("{}()[]<>,;:=@!|+-~*/&^?").find(c) == std::string_view::npos)
            fail(file_, line_, std::string("stray character '") + c + "'");
        ++at_;
        add(Token::Kind::punct, begin, at_);
    }

    void number() {
        const std::size_t begin = at_;
        const char second = peek(1);
        if (peek() == '0' && (second == 'f' || second == 'F'))
            return hex_float(8, Token::Kind::f32);
        if (peek() == '0' && (second == 'd' || second == 'D'))
            return hex_float(16, Token::Kind::f64);
        int base = 10;
        if (peek() == '0' && (second == 'x' || second == 'X')) base = 16;
        if (peek() == '0' && (second == 'b' || second == 'B')) base = 2;
        if (base != 10) at_ += 2;
        const std::size_t digits = at_;
        while (is_digit(peek()) || is_alpha(peek())) ++at_;
        if (base == 10 && peek() == '.' && is_digit(peek(1))) {
            ++at_;
            while (is_digit(peek())) ++at_;
            double value = 0;
            const auto [end, error] =
                std::from_chars(text_.data() + begin, text_.data() + at_, value);
            if (error != std::errc() || end != text_.data() + at_) bad_number(begin);
            return add(Token::Kind::f64, begin, at_, std::bit_cast<u64>(value));
        }
        std::size_t end = at_;
        if (text_[end - 1] == 'U' && end > digits + 1) --end; // unsigned suffix
        if (base == 10 && text_[digits] == '0' && end > digits + 1) base = 8;
        u64 value = 0;
        const auto [stop, error] =
            std::from_chars(text_.data() + digits, text_.data() + end, value, base);
        if (error != std::errc() || stop != text_.data() + end) bad_number(begin);
        add(Token::Kind::integer, begin, at_, value);
    }

    void hex_float(std::size_t digits, Token::Kind kind) {
        const std::size_t begin = at_;
        at_ += 2;
        u64 value = 0;
        const std::size_t end = std::min(at_ + digits, text_.size());
        const auto [stop, error] =
            std::from_chars(text_.data() + at_, text_.data() + end, value, 16);
        if (error != std::errc() || stop != text_.data() + begin + 2 + digits) bad_number(begin);
        at_ = end;
        add(kind, begin, at_, value);
    }

    [[noreturn]] void bad_number(std::size_t begin) const {
        fail(file_, line_,
             "malformed number " +
                 std::string(text_.substr(begin, std::min(at_, begin + 20) - begin)));
    }

    std::string_view text_;
    const std::string& file_;
    std::size_t at_ = 0;
    u32 line_ = 1;
    std::vector<Token> tokens_;
};

} // namespace

std::vector<Token> tokenize(std::string_view text, const std::string& file) {
    return Lexer(text, file).run();
}

} // namespace hone::emu::ptx
