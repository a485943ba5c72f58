#include "ptx/function_parser.hpp"

#include "ptx/declaration.hpp"

namespace hone::emu::ptx {
namespace {

Source parse_loc(Cursor& in) {
    const auto number = [&] { return static_cast<u32>(in.integer()); };
    Source source;
    source.file = number();
    source.line = number();
    (void)number(); // column
    // ", function_name SYM [+ N], inlined_at FILE LINE COLUMN"
    if (in.peek().is(',') && in.peek(1).is_word("function_name")) {
        in.take();
        in.take();
        (void)in.word();
        if (in.accept('+')) (void)number();
        if (in.peek().is(',') && in.peek(1).is_word("inlined_at")) {
            in.take();
            in.take();
            source.inlined_file = number();
            source.inlined_line = number();
            (void)number();
        }
    }
    return source;
}

} // namespace

FunctionParser::FunctionParser(Module& module, Function& function, Cursor& in)
    : module_(module), function_(function), in_(in), scopes_(function, module, module.file),
      operands_(in, scopes_) {}

void FunctionParser::skip_loc(Cursor& in) { (void)parse_loc(in); }

void FunctionParser::run() {
    if (!in_.peek().is('{')) in_.unexpected("'{'");
    scopes_.open(in_.line()); // the parameters' own block
    for (const auto* list : {&function_.returns, &function_.params})
        for (const auto& variable : *list) scopes_.add_variable(variable.get(), variable->line);
    do statement();
    while (scopes_.depth() > 1);
    scopes_.close(in_.line());
}

void FunctionParser::statement() {
    const Token& token = in_.peek();
    if (token.is('{')) {
        scopes_.open(in_.take().line);
    } else if (token.is('}')) {
        scopes_.close(in_.take().line);
    } else if (token.is(';')) {
        in_.take();
    } else if (token.kind == Token::Kind::dot_word) {
        directive();
    } else if (token.kind == Token::Kind::word && in_.peek(1).is(':')) {
        in_.take();
        in_.take();
        if (in_.peek().is_dot("branchtargets"))
            table(token.text, token.line);
        else if (in_.peek().is_dot("calltargets") || in_.peek().is_dot("callprototype"))
            prototype(token.text, token.line);
        else
            scopes_.add_label(token.text, token.line);
    } else {
        instruction();
    }
}

void FunctionParser::directive() {
    const Token& token = in_.take();
    if (token.text == "loc") return loc();
    if (token.text == "reg") return registers();
    if (token.text == "pragma") {
        in_.take();
        return in_.expect(';');
    }
    if (const auto space = space_name(token.text)) return variables(*space);
    fail(module_.file, token.line, "unknown directive ." + std::string(token.text));
}

void FunctionParser::registers() {
    const DeclaredType type = parse_declared_type(in_);
    if (type.vector != 1) in_.fail_here("vector registers are not supported");
    do {
        const u32 line = in_.line();
        const std::string_view name = in_.word();
        if (in_.accept('<')) {
            scopes_.add_registers(name, in_.integer(), type.type.reg, line);
            in_.expect('>');
        } else {
            scopes_.add_register(name, type.type.reg, line);
        }
    } while (in_.accept(','));
    in_.expect(';');
}

void FunctionParser::variables(Space space) {
    const DeclaredType type = parse_declared_type(in_);
    do {
        auto variable = parse_variable(in_, space, type);
        scopes_.add_variable(variable.get(), variable->line);
        function_.variables.push_back(std::move(variable));
    } while (in_.accept(','));
    in_.expect(';');
}

void FunctionParser::loc() {
    const Source source = parse_loc(in_);
    source_ = static_cast<u32>(module_.sources.size());
    module_.sources.push_back(source);
}

void FunctionParser::table(std::string_view label, u32 line) {
    in_.take();
    std::vector<std::string_view> labels;
    do labels.push_back(in_.word());
    while (in_.accept(','));
    in_.expect(';');
    scopes_.add_table(label, std::move(labels), line);
}

// The callee's own declaration says what its parameters are.
void FunctionParser::prototype(std::string_view label, u32 line) {
    while (!in_.peek().is(';')) {
        if (in_.at_end()) in_.unexpected("';'");
        in_.take();
    }
    in_.take();
    scopes_.add_table(label, {}, line);
}

void FunctionParser::instruction() {
    Instruction made;
    made.line = in_.line();
    made.source = source_;
    if (in_.accept('@')) {
        made.guard_negated = in_.accept('!');
        const std::string_view name = in_.word();
        made.guard = scopes_.find_register(name);
        if (made.guard < 0 ||
            function_.registers[static_cast<std::size_t>(made.guard)] != RegClass::pred)
            in_.fail_here("\"" + std::string(name) + "\" is no predicate register");
    }
    made.opcode = in_.word();
    while (in_.peek().kind == Token::Kind::dot_word) made.modifiers.push_back(in_.take().text);
    // Deferred names are entered into the instruction by its number, so it is kept first.
    const std::size_t number = function_.body.size();
    function_.body.push_back(std::move(made));
    if (in_.accept(';')) return;
    try {
        do {
            Operand operand = operands_.parse(number, function_.body[number].operands.size());
            function_.body[number].operands.push_back(std::move(operand));
            if (function_.body[number].operands.size() > 64) in_.fail_here("too many operands");
        } while (in_.accept(','));
        in_.expect(';');
    } catch (const Error& error) {
        throw Error(error.code(),
                    std::string(error.what()) + " in " + function_.body[number].text(),
                    error.hint());
    }
}

} // namespace hone::emu::ptx
