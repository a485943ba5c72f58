#include "lib/space/translate.hpp"

#include "hone/space.hpp"
#include "lib/base/nearest.hpp"
#include "lib/space/expression.hpp"
#include "lib/space/tokens.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace hone::space {

namespace {

// Deep enough for any real constraint, shallow enough for the stack.
constexpr int deepest = 100;
// Longer than any real constraint; the work of translating grows with the square of the length.
constexpr std::size_t longest = 16384;

// A translated part and whether it is a number or a text.
struct Part {
    std::string text;
    bool is_text = false;
    std::size_t column = 0;
};

std::optional<Comparison> comparison(const Token& token) {
    if (token.kind != Token::Kind::symbol) return std::nullopt;
    static constexpr std::pair<std::string_view, Comparison> table[] = {
        {"<", Comparison::less},      {"<=", Comparison::at_most}, {">", Comparison::greater},
        {">=", Comparison::at_least}, {"==", Comparison::equal},   {"!=", Comparison::unequal},
    };
    for (const auto& [symbol, meaning] : table)
        if (token.text == symbol) return meaning;
    return std::nullopt;
}

// Recursive descent over Python's grammar, one function per level of precedence, loosest first.
class Translator final {
  public:
    Translator(std::string_view expression, Vocabulary& vocabulary)
        : expression_(expression), vocabulary_(vocabulary), tokens_(tokenize(expression)) {}

    Translation run() {
        if (expression_.size() > longest)
            fail(longest, fmt::format("longer than {} characters", longest));
        const Part whole = disjunction();
        if (peek().kind != Token::Kind::end)
            fail(peek().column, fmt::format("unexpected \"{}\"", peek().text));
        result_.text = number(whole);
        return std::move(result_);
    }

  private:
    Part disjunction() {
        Part left = conjunction();
        while (peek().is("or")) {
            take();
            left = number_part("either({},{})", number(left), number(conjunction()));
        }
        return left;
    }

    Part conjunction() {
        Part left = negation();
        while (peek().is("and")) {
            take();
            left = number_part("both({},{})", number(left), number(negation()));
        }
        return left;
    }

    Part negation() {
        if (!peek().is("not")) return comparisons();
        const Depth depth(*this);
        take();
        return number_part("negated({})", number(negation()));
    }

    Part comparisons() {
        Part first = sum();
        if (peek().is("in") || (peek().is("not") && peek(1).is("in"))) return membership(first);

        std::string arguments = first.text;
        std::vector<Part> sides = {first};
        for (std::optional<Comparison> meaning; (meaning = comparison(peek()));) {
            const Token sign = take();
            const Part right = sum();
            const bool ordered = *meaning != Comparison::equal && *meaning != Comparison::unequal;
            if (ordered && (right.is_text || sides.back().is_text))
                fail(sign.column, "texts have no order: compare them with == or !=");
            // Never equal, whatever the values.
            if (right.is_text != sides.back().is_text)
                *meaning = *meaning == Comparison::equal ? Comparison::never : Comparison::always;
            arguments += fmt::format(",{},{}", constant(static_cast<int>(*meaning)), right.text);
            sides.push_back(right);
        }
        if (sides.size() == 1) return first;
        if (peek().is("in") || (peek().is("not") && peek(1).is("in")))
            fail(peek().column, "put brackets around the comparison before \"in\"");
        return number_part("compared({})", arguments);
    }

    Part membership(const Part& subject) {
        const bool inverted = peek().is("not");
        if (inverted) take();
        take();
        const Token open = take();
        if (!open.is("(") && !open.is("["))
            fail(open.column, "expected a list such as (1, 2) or [1, 2] after \"in\"");
        const std::string_view close = open.is("(") ? ")" : "]";
        std::string arguments = subject.text;
        bool comma = false;
        std::size_t count = 0;
        for (const Depth depth(*this); !peek().is(close); ++count) {
            if (count > 0 && !comma) fail(peek().column, fmt::format("expected , or {}", close));
            const Part element = disjunction();
            // An element of the other kind equals nothing.
            if (element.is_text == subject.is_text) arguments += ',' + element.text;
            comma = peek().is(",");
            if (comma) take();
        }
        take();
        if (count == 1 && !comma && close == ")")
            fail(open.column, "(x) is not a list in Python: write (x,) or [x]");
        if (comparison(peek()) || peek().is("in"))
            fail(peek().column, "put brackets around the comparison with \"in\"");
        return number_part(inverted ? "negated(among({}))" : "among({})", arguments);
    }

    Part sum() {
        Part left = product();
        while (peek().is("+") || peek().is("-")) {
            const char sign = take().text[0];
            left = number_part("({}{}{})", number(left), sign, number(product()));
        }
        return left;
    }

    Part product() {
        Part left = unary();
        while (true) {
            const Token sign = peek();
            std::string_view form;
            if (sign.is("*")) form = "({}*{})";
            if (sign.is("/")) form = "quotient({},{})";
            if (sign.is("//")) form = "floor_quotient({},{})";
            if (sign.is("%")) form = "remainder({},{})";
            if (form.empty()) return left;
            take();
            left = number_part(form, number(left), number(unary()));
        }
    }

    Part unary() {
        if (!peek().is("-") && !peek().is("+")) return power();
        const Depth depth(*this);
        const bool minus = take().is("-");
        const std::string operand = number(unary());
        return number_part(minus ? "(-{})" : "{}", operand);
    }

    // Binds tighter than a sign on its left and looser than one on its right: -2 ** -2 == -(2 **
    // (-2)).
    Part power() {
        Part base = atom();
        if (!peek().is("**")) return base;
        const Depth depth(*this);
        take();
        return number_part("power({},{})", number(base), number(unary()));
    }

    Part atom() {
        const Token token = take();
        switch (token.kind) {
        case Token::Kind::number:
            return {constant(token.number), false, token.column};
        case Token::Kind::text:
            return {constant(vocabulary_.text_number(token.text)), true, token.column};
        case Token::Kind::name:
            return name(token);
        case Token::Kind::symbol:
            if (token.is("(")) {
                const Depth depth(*this);
                Part inner = disjunction();
                expect(")");
                return inner;
            }
            break;
        case Token::Kind::end:
            fail(token.column, "the expression ends where a value is expected");
        }
        fail(token.column, fmt::format("expected a value, got \"{}\"", token.text));
    }

    Part name(const Token& token) {
        if (token.is("True")) return {constant(1), false, token.column};
        if (token.is("False")) return {constant(0), false, token.column};
        if (peek().is("(")) return call(token);
        const auto found = vocabulary_.names().find(token.text);
        if (found == vocabulary_.names().end())
            fail(token.column, fmt::format("unknown parameter {}", token.text),
                 base::nearest_hint(token.text, known_names()));
        const std::size_t parameter = found->second;
        if (vocabulary_.type(parameter) == Vocabulary::Type::mixed)
            fail(token.column, fmt::format("{} has numbers and texts among its values, which "
                                           "an expression cannot compare; use a predicate",
                                           token.text));
        auto& used = result_.parameters;
        const auto place = std::find(used.begin(), used.end(), parameter);
        const auto variable = place - used.begin();
        if (place == used.end()) used.push_back(parameter);
        return {fmt::format("v{}", variable), vocabulary_.type(parameter) == Vocabulary::Type::text,
                token.column};
    }

    Part call(const Token& function) {
        std::string_view form;
        if (function.is("min")) form = "least({})";
        if (function.is("max")) form = "greatest({})";
        if (function.is("abs")) form = "abs({})";
        if (form.empty())
            fail(function.column, fmt::format("unknown function {}", function.text),
                 "functions are min, max and abs");
        const Depth depth(*this);
        expect("(");
        std::vector<std::string> arguments;
        do {
            if (peek().is(")")) break;
            arguments.push_back(number(disjunction()));
        } while (peek().is(",") && (take(), true));
        expect(")");
        // Python's min and max of a single number are errors, too.
        if (function.is("abs") ? arguments.size() != 1 : arguments.size() < 2)
            fail(function.column,
                 fmt::format("{} takes {}", function.text,
                             function.is("abs") ? "one number" : "two numbers or more"));
        return number_part(form, fmt::join(arguments, ","));
    }

    // --- words ----------------------------------------------------------------------------------

    const Token& peek(std::size_t ahead = 0) const {
        return tokens_[std::min(position_ + ahead, tokens_.size() - 1)];
    }

    Token take() {
        const Token token = peek();
        ++position_;
        return token;
    }

    void expect(std::string_view symbol) {
        const Token token = take();
        if (token.is(symbol)) return;
        fail(token.column, token.kind == Token::Kind::end
                               ? fmt::format("expected {} before the end", symbol)
                               : fmt::format("expected {}, got \"{}\"", symbol, token.text));
    }

    // --- parts ----------------------------------------------------------------------------------

    std::string number(const Part& part) const {
        if (part.is_text) fail(part.column, "a text stands where a number belongs");
        return part.text;
    }

    template <typename... Arguments>
    Part number_part(std::string_view form, const Arguments&... arguments) const {
        return {fmt::format(fmt::runtime(form), arguments...), false, peek().column};
    }

    // By name, so that its digits never pass through the engine's own number reader.
    std::string constant(double value) {
        auto& constants = result_.constants;
        const auto place = std::find(constants.begin(), constants.end(), value);
        const auto constant = place - constants.begin();
        if (place == constants.end()) constants.push_back(value);
        return fmt::format("c{}", constant);
    }

    // --- errors ---------------------------------------------------------------------------------

    struct Depth {
        explicit Depth(Translator& translator) : translator_(translator) {
            if (++translator_.depth_ > deepest)
                translator_.fail(translator_.peek().column, "nested too deeply");
        }
        ~Depth() { --translator_.depth_; }
        Depth(const Depth&) = delete;
        Depth& operator=(const Depth&) = delete;

        Translator& translator_;
    };

    [[noreturn]] void fail(std::size_t column, const std::string& what,
                           std::string hint = {}) const {
        fail_at(expression_, column, what, std::move(hint));
    }

    std::vector<std::string> known_names() const {
        std::vector<std::string> names;
        for (const auto& [name, parameter] : vocabulary_.names()) names.push_back(name);
        return names;
    }

    std::string_view expression_;
    Vocabulary& vocabulary_;
    std::vector<Token> tokens_;
    std::size_t position_ = 0;
    int depth_ = 0;
    Translation result_;
};

} // namespace

Vocabulary::Vocabulary(std::span<const Parameter> parameters) {
    for (const Parameter& parameter : parameters) {
        names_.emplace(parameter.name, names_.size());
        const auto texts =
            std::count_if(parameter.values.begin(), parameter.values.end(), [](const Value& value) {
                return std::holds_alternative<std::string>(value);
            });
        const auto all = static_cast<std::ptrdiff_t>(parameter.values.size());
        types_.push_back(texts == 0 ? Type::number : texts == all ? Type::text : Type::mixed);
    }
}

double Vocabulary::number(const Value& value) {
    if (const auto* integer = std::get_if<std::int64_t>(&value))
        return static_cast<double>(*integer);
    if (const auto* real = std::get_if<double>(&value)) return *real;
    return text_number(std::get<std::string>(value));
}

double Vocabulary::text_number(std::string_view text) {
    const auto found = texts_.find(text);
    if (found != texts_.end()) return found->second;
    return texts_.emplace(text, static_cast<double>(texts_.size())).first->second;
}

Translation translate(std::string_view expression, Vocabulary& vocabulary) {
    return Translator(expression, vocabulary).run();
}

} // namespace hone::space
