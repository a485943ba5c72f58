#include "lib/space/expression.hpp"

#include "hone/error.hpp"
#include "lib/space/translate.hpp"

#include <muParser.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace hone::space {

namespace {

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

// Python's `and` and `or` give one of their operands and do not look at the second in vain.
double both(double a, double b) { return std::isnan(a) || a == 0 ? a : b; }
double either(double a, double b) { return std::isnan(a) || a != 0 ? a : b; }
double negated(double a) { return std::isnan(a) ? undefined : a == 0; }

double quotient(double a, double b) { return b == 0 ? undefined : a / b; }

// Has the sign of the divisor, as in Python; C's has that of the dividend.
double remainder(double a, double b) {
    if (b == 0) return undefined;
    const double rest = std::fmod(a, b);
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

double floor_quotient(double a, double b) {
    if (b == 0) return undefined;
    // From the remainder, as the quotient of large numbers rounds up to the next integer.
    return std::round((a - remainder(a, b)) / b);
}

double power(double base, double exponent) {
    if (base == 0 && exponent < 0) return undefined;
    return std::pow(base, exponent);
}

bool undefined_among(const double* values, int count) {
    return std::any_of(values, values + count, [](double value) { return std::isnan(value); });
}

double least(const double* values, int count) {
    return undefined_among(values, count) ? undefined : *std::min_element(values, values + count);
}

double greatest(const double* values, int count) {
    return undefined_among(values, count) ? undefined : *std::max_element(values, values + count);
}

double among(const double* values, int count) {
    if (undefined_among(values, count)) return undefined;
    return std::find(values + 1, values + count, values[0]) != values + count;
}

bool compare(double a, Comparison meaning, double b) {
    switch (meaning) {
    case Comparison::less:
        return a < b;
    case Comparison::at_most:
        return a <= b;
    case Comparison::greater:
        return a > b;
    case Comparison::at_least:
        return a >= b;
    case Comparison::equal:
        return a == b;
    case Comparison::unequal:
        return a != b;
    case Comparison::always:
        return true;
    case Comparison::never:
        return false;
    }
    return false;
}

// a, sign, b, sign, c, ...: like Python's chains it stops at the first comparison that fails.
double compared(const double* values, int count) {
    for (int i = 0; i + 2 < count; i += 2) {
        const double a = values[i];
        const double b = values[i + 2];
        if (std::isnan(a) || std::isnan(b)) return undefined;
        if (!compare(a, static_cast<Comparison>(values[i + 1]), b)) return 0;
    }
    return 1;
}

} // namespace

struct Expression::Engine {
    mu::Parser parser;
};

Expression::Expression(const Translation& translation)
    : variables_(translation.parameters.size()), engine_(std::make_unique<Engine>()) {
    mu::Parser& parser = engine_->parser;
    try {
        // The optimizer turns x / 3 into x * (1 / 3) and reorders sums: other results than
        // Python's.
        parser.EnableOptimizer(false);
        parser.DefineFun("both", both);
        parser.DefineFun("either", either);
        parser.DefineFun("negated", negated);
        parser.DefineFun("quotient", quotient);
        parser.DefineFun("floor_quotient", floor_quotient);
        parser.DefineFun("remainder", remainder);
        parser.DefineFun("power", power);
        parser.DefineFun("least", least);
        parser.DefineFun("greatest", greatest);
        parser.DefineFun("among", among);
        parser.DefineFun("compared", compared);
        for (std::size_t i = 0; i < translation.constants.size(); ++i)
            parser.DefineConst("c" + std::to_string(i), translation.constants[i]);
        for (std::size_t i = 0; i < variables_.size(); ++i)
            parser.DefineVar("v" + std::to_string(i), &variables_[i]);
        parser.SetExpr(translation.text);
        (void)parser.Eval(); // the first call compiles
    } catch (const mu::ParserError& error) {
        throw Error(Errc::workload, "a constraint cannot be compiled: " + error.GetMsg(),
                    "write it as several shorter constraints");
    }
}

Expression::~Expression() = default;
Expression::Expression(Expression&&) noexcept = default;
Expression& Expression::operator=(Expression&&) noexcept = default;

bool Expression::holds() const {
    const double value = engine_->parser.Eval();
    return !std::isnan(value) && value != 0;
}

} // namespace hone::space
