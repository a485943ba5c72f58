#include "ptx/declaration.hpp"

#include <array>
#include <bit>
#include <cstring>
#include <utility>

namespace hone::emu::ptx {
namespace {

constexpr u64 largest_variable = u64{1} << 28;

class Initialiser {
  public:
    Initialiser(Cursor& in, Variable& variable) : in_(in), variable_(variable) {}

    void run(int depth = 0) {
        if (depth > 16) in_.fail_here("initialiser nested too deeply");
        if (!in_.accept('{')) return element();
        if (in_.accept('}')) return;
        do run(depth + 1);
        while (in_.accept(','));
        in_.expect('}');
    }

  private:
    void append(u64 bits) {
        if (variable_.init.size() + variable_.element_bytes > largest_variable)
            in_.fail_here("initialiser too large");
        for (u32 i = 0; i < variable_.element_bytes; ++i)
            variable_.init.push_back(static_cast<u8>(i < 8 ? bits >> (8 * i) : 0));
    }

    void element() {
        const Token& token = in_.peek();
        if (token.kind == Token::Kind::word) return address();
        const bool minus = in_.accept('-');
        const Token& value = in_.take();
        switch (value.kind) {
        case Token::Kind::integer:
            return append(minus ? -value.bits : value.bits);
        case Token::Kind::f32:
            return append(value.bits ^ (minus ? u64{1} << 31 : 0));
        case Token::Kind::f64: {
            const u64 bits = value.bits ^ (minus ? u64{1} << 63 : 0);
            if (variable_.element_bytes == 4)
                return append(std::bit_cast<u32>(static_cast<float>(std::bit_cast<double>(bits))));
            return append(bits);
        }
        default:
            in_.unexpected("an initialiser");
        }
    }

    void address() {
        Variable::Address address{variable_.init.size(), {}, 0, false, in_.line()};
        std::string_view name = in_.word();
        if (name == "generic" && in_.accept('(')) {
            address.generic = true;
            name = in_.word();
            in_.expect(')');
        }
        address.symbol = name;
        if (in_.peek().is('+') || in_.peek().is('-')) {
            const bool minus = in_.take().text == "-";
            const s64 offset = static_cast<s64>(in_.integer());
            address.addend = minus ? -offset : offset;
        }
        if (variable_.element_bytes != 8) in_.fail_here("an address needs a 64-bit element");
        variable_.addresses.push_back(std::move(address));
        append(0);
    }

    Cursor& in_;
    Variable& variable_;
};

} // namespace

std::optional<TypeName> type_name(std::string_view name) {
    using enum RegClass;
    static constexpr std::array<std::pair<std::string_view, TypeName>, 20> names{{
        {"pred", {pred, 1}}, {"b8", {b8, 1}},     {"u8", {b8, 1}},      {"s8", {b8, 1}},
        {"b16", {b16, 2}},   {"u16", {b16, 2}},   {"s16", {b16, 2}},    {"f16", {b16, 2}},
        {"bf16", {b16, 2}},  {"b32", {b32, 4}},   {"u32", {b32, 4}},    {"s32", {b32, 4}},
        {"f32", {b32, 4}},   {"f16x2", {b32, 4}}, {"bf16x2", {b32, 4}}, {"b64", {b64, 8}},
        {"u64", {b64, 8}},   {"s64", {b64, 8}},   {"f64", {b64, 8}},    {"b128", {b128, 16}},
    }};
    for (const auto& [known, type] : names)
        if (known == name) return type;
    return std::nullopt;
}

std::optional<Space> space_name(std::string_view name) {
    if (name == "global") return Space::global;
    if (name == "shared") return Space::shared;
    if (name == "local") return Space::local;
    if (name == "const") return Space::constant;
    if (name == "param") return Space::param;
    return std::nullopt;
}

DeclaredType parse_declared_type(Cursor& in) {
    DeclaredType declared;
    for (;;) {
        const Token& token = in.peek();
        if (token.kind != Token::Kind::dot_word) in.unexpected("a type");
        if (const auto type = type_name(token.text)) {
            in.take();
            declared.type = *type;
            // A kernel parameter may say what it points at.
            if (in.accept_dot("ptr")) {
                while (in.peek().kind == Token::Kind::dot_word) {
                    if (in.take().text == "align") (void)in.integer();
                }
            }
            return declared;
        }
        in.take();
        if (token.text == "align") {
            const u64 align = in.integer();
            if (!std::has_single_bit(align) || align > 1 << 16) in.fail_here("bad alignment");
            declared.align = static_cast<u32>(align);
        } else if (token.text == "v2" || token.text == "v4") {
            declared.vector = static_cast<u32>(token.text[1] - '0');
        } else if (token.text == "attribute") {
            in.expect('(');
            while (!in.accept(')')) {
                if (in.at_end()) in.unexpected("')'");
                in.take();
            }
        } else {
            in.fail_here("unknown type or attribute \"." + std::string(token.text) + "\"");
        }
    }
}

std::unique_ptr<Variable> parse_variable(Cursor& in, Space space, const DeclaredType& type) {
    auto variable = std::make_unique<Variable>();
    variable->line = in.line();
    variable->name = in.word();
    variable->space = space;
    variable->element_bytes = type.type.bytes;
    const u64 natural = u64{type.type.bytes} * type.vector;
    variable->align = type.align ? type.align : static_cast<u32>(natural);
    variable->bytes = natural;
    bool open_ended = false;
    while (in.accept('[')) {
        if (in.accept(']')) {
            open_ended = true;
            continue;
        }
        const u64 count = in.integer();
        if (count > largest_variable || variable->bytes * count > largest_variable)
            in.fail_here("variable too large");
        variable->bytes *= count;
        in.expect(']');
    }
    if (open_ended) variable->bytes = 0;
    if (in.accept('=')) {
        Initialiser(in, *variable).run();
        if (open_ended) variable->bytes = variable->init.size();
        if (variable->init.size() > variable->bytes)
            in.fail_here("initialiser longer than its variable");
    }
    return variable;
}

} // namespace hone::emu::ptx
