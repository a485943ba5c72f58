// From a constraint's text in Python's syntax to what the expression engine reads.
#pragma once

#include "hone/config.hpp"

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hone {
struct Parameter;
}

namespace hone::space {

// What names and quoted texts stand for in the expressions of one space. Texts are compared by
// number: equal texts have equal numbers, in whichever parameter they occur.
class Vocabulary {
  public:
    enum class Type { number, text, mixed };

    explicit Vocabulary(std::span<const Parameter> parameters);

    [[nodiscard]] const std::map<std::string, std::size_t, std::less<>>& names() const {
        return names_;
    }
    [[nodiscard]] Type type(std::size_t parameter) const { return types_[parameter]; }
    // What an expression computes with for a value: the number itself, or the number of a text.
    [[nodiscard]] double number(const Value& value);
    [[nodiscard]] double text_number(std::string_view text);

  private:
    std::map<std::string, std::size_t, std::less<>> names_; // to the parameter's position
    std::vector<Type> types_;
    std::map<std::string, double, std::less<>> texts_;
};

// An expression for class Expression: variable v<i> is parameters[i], constant c<i> is
// constants[i].
struct Translation {
    std::string text;
    std::vector<std::size_t> parameters; // positions in the space, each once, by first occurrence
    std::vector<double> constants;
};

// Throws Error(workload) with the column on bad syntax, unknown names, text where a number belongs.
[[nodiscard]] Translation translate(std::string_view expression, Vocabulary& vocabulary);

} // namespace hone::space
