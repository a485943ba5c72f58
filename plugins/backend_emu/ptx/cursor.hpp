// Reads tokens one after the other; shared by the parts of the parser.
#pragma once

#include "ptx/error.hpp"
#include "ptx/token.hpp"

namespace hone::emu::ptx {

class Cursor {
  public:
    Cursor(std::vector<Token> tokens, const std::string& file)
        : tokens_(std::move(tokens)), file_(file) {}

    [[nodiscard]] const Token& peek(std::size_t ahead = 0) const noexcept {
        return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
    }
    const Token& take() noexcept {
        const Token& token = peek();
        if (at_ + 1 < tokens_.size()) ++at_;
        return token;
    }
    [[nodiscard]] bool at_end() const noexcept { return peek().kind == Token::Kind::end; }
    [[nodiscard]] u32 line() const noexcept { return peek().line; }

    bool accept(char c) noexcept {
        if (!peek().is(c)) return false;
        take();
        return true;
    }
    bool accept_dot(std::string_view word) noexcept {
        if (!peek().is_dot(word)) return false;
        take();
        return true;
    }
    void expect(char c) {
        if (!accept(c)) unexpected(std::string("'") + c + "'");
    }
    std::string_view word() {
        if (peek().kind != Token::Kind::word) unexpected("a name");
        return take().text;
    }
    u64 integer() {
        if (peek().kind != Token::Kind::integer) unexpected("an integer");
        return take().bits;
    }

    [[noreturn]] void unexpected(const std::string& wanted) const {
        fail_here("expected " + wanted + ", got \"" + std::string(peek().text.substr(0, 40)) +
                  "\"");
    }
    [[noreturn]] void fail_here(const std::string& message) const { fail(file_, line(), message); }
    [[nodiscard]] const std::string& file() const noexcept { return file_; }

  private:
    std::vector<Token> tokens_;
    const std::string& file_;
    std::size_t at_ = 0;
};

} // namespace hone::emu::ptx
