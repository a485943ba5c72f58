#include "ptx/operand.hpp"

namespace hone::emu::ptx {
namespace {

std::string_view joined(const Token& first, const Token& last) {
    return {first.text.data(),
            static_cast<std::size_t>(last.text.data() + last.text.size() - first.text.data())};
}

} // namespace

Operand OperandParser::parse(std::size_t instruction, std::size_t position) {
    instruction_ = instruction;
    position_ = position;
    if (in_.peek().is('(')) return group('(', ')', Operand::Kind::list);
    may_defer_ = true;
    return element();
}

Operand OperandParser::group(char open, char close, Operand::Kind kind) {
    may_defer_ = false;
    Operand operand;
    operand.kind = kind;
    in_.expect(open);
    if (in_.accept(close)) return operand;
    do operand.elements.push_back(element());
    while (in_.accept(','));
    in_.expect(close);
    if (operand.elements.size() > 512) in_.fail_here("more than 512 elements in one operand");
    return operand;
}

Operand OperandParser::element() {
    const Token& token = in_.peek();
    if (token.is('{')) {
        if (!may_defer_) in_.unexpected("an operand");
        return group('{', '}', Operand::Kind::vector);
    }
    if (token.is('[')) return address();
    if (token.is('!')) {
        in_.take();
        return word(true);
    }
    if (token.kind == Token::Kind::word) return word(false);
    return constant();
}

s64 OperandParser::offset() {
    s64 sum = 0;
    while (in_.peek().is('+') || in_.peek().is('-')) {
        bool minus = in_.take().text == "-";
        if (in_.accept('-')) minus = !minus; // [%r1+-4]
        const u64 value = in_.integer();
        sum = static_cast<s64>(static_cast<u64>(sum) + (minus ? -value : value));
    }
    return sum;
}

Operand OperandParser::word(bool negated) {
    const Token& first = in_.peek();
    const std::string_view name = in_.word();
    Operand operand;
    operand.negated = negated;
    if (name == "_") {
        operand.kind = Operand::Kind::sink;
        if (in_.accept('|')) {
            operand.kind = Operand::Kind::reg;
            operand.reg = -2;
            operand.second = scopes_.find_register(in_.word());
            if (operand.second < 0) in_.fail_here("unknown register after '|'");
        }
        return operand;
    }
    if (const s32 reg = scopes_.find_register(name); reg >= 0) {
        operand.kind = Operand::Kind::reg;
        operand.reg = reg;
        if (in_.accept('|')) {
            const std::string_view second = in_.word();
            operand.second = second == "_" ? -2 : scopes_.find_register(second);
            if (operand.second == -1)
                in_.fail_here("unknown register \"" + std::string(second) + "\"");
        }
        return operand;
    }
    if (const Variable* variable = scopes_.find_variable(name)) {
        operand.kind = Operand::Kind::variable;
        operand.variable = variable;
        operand.offset = offset();
        return operand;
    }
    if (name == "WARP_SZ") {
        operand.kind = Operand::Kind::immediate;
        operand.bits = 32;
        return operand;
    }
    if (name.front() == '%') {
        operand.kind = Operand::Kind::special;
        operand.name = name;
        if (in_.peek().kind == Token::Kind::dot_word) operand.name = joined(first, in_.take());
        return operand;
    }
    if (!may_defer_) in_.fail_here("unknown name \"" + std::string(name) + "\"");
    operand.kind = Operand::Kind::label;
    operand.name = name;
    scopes_.defer(name, instruction_, position_, first.line);
    return operand;
}

Operand OperandParser::constant() {
    bool minus = false, complement = false;
    for (;; in_.take()) {
        if (in_.peek().is('-'))
            minus = !minus;
        else if (in_.peek().is('~'))
            complement = !complement;
        else
            break;
    }
    const Token& token = in_.peek();
    Operand operand;
    operand.bits = token.bits;
    switch (token.kind) {
    case Token::Kind::integer:
        operand.kind = Operand::Kind::immediate;
        if (complement) operand.bits = ~operand.bits;
        if (minus) operand.bits = -operand.bits;
        break;
    case Token::Kind::f32:
        operand.kind = Operand::Kind::f32;
        if (minus) operand.bits ^= u64{1} << 31;
        break;
    case Token::Kind::f64:
        operand.kind = Operand::Kind::f64;
        if (minus) operand.bits ^= u64{1} << 63;
        break;
    default:
        in_.unexpected("an operand");
    }
    in_.take();
    return operand;
}

Operand OperandParser::address() {
    in_.expect('[');
    may_defer_ = false;
    const Operand base = element();
    Operand operand;
    operand.kind = Operand::Kind::address;
    operand.base = base.kind;
    operand.reg = base.reg;
    operand.variable = base.variable;
    operand.bits = base.bits;
    operand.offset = base.offset;
    if (base.kind != Operand::Kind::reg && base.kind != Operand::Kind::variable &&
        base.kind != Operand::Kind::immediate)
        in_.fail_here("an address needs a register, a variable or a number");
    if (base.kind != Operand::Kind::variable) operand.offset = offset();
    while (in_.accept(',')) {
        may_defer_ = true; // coordinates: [map, {x, y}]
        operand.elements.push_back(element());
        if (operand.elements.size() > 8) in_.fail_here("too many parts in one address");
    }
    in_.expect(']');
    return operand;
}

} // namespace hone::emu::ptx
