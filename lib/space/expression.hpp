// One translated constraint, compiled: muParser with Python's operators.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace hone::space {

struct Translation;

// How `compared(a, sign, b, sign, c)` writes its signs.
enum class Comparison { less, at_most, greater, at_least, equal, unequal, always, never };

// Numbers are doubles: integers are exact up to 2^53. What Python would raise for (a division by
// zero, a root of a negative number) becomes "not a number", which passes through every operator
// that Python would evaluate, and does not hold.
class Expression final {
  public:
    // Throws Error(workload) when the engine refuses the text, that is when it is too long.
    explicit Expression(const Translation& translation);
    ~Expression();
    Expression(Expression&&) noexcept;
    Expression& operator=(Expression&&) noexcept;

    // One per Translation::parameters; what holds() computes with.
    [[nodiscard]] std::span<double> variables() noexcept { return variables_; }
    // One thread at a time: the engine keeps its stack between calls.
    [[nodiscard]] bool holds() const;

  private:
    struct Engine;
    std::vector<double> variables_; // bound by address, which a move keeps
    std::unique_ptr<Engine> engine_;
};

} // namespace hone::space
