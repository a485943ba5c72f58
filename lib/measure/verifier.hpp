// Decides whether what a candidate wrote is right. docs/verification.md has the rules.
#pragma once

#include "hone/fact.hpp"
#include "lib/measure/operand_set.hpp"
#include "lib/measure/references.hpp"

#include <array>
#include <memory>
#include <optional>
#include <string>

namespace hone {

struct Verification {
    Outcome outcome = Outcome::ok; // or wrong_result, not_finite, out_of_bounds
    std::string detail;            // "d[12,7]: expected 1.5, got 0 (300 x bound) on normal inputs"
    ErrorPair kernel_error, total_error, plain_error;
};

// Joins verdicts of several operand sets: errors are the worst ones, the first failure stays.
void merge(Verification& into, const Verification& more);

// Judges results that lie in OperandMemory::results of its sets. One thread at a time.
class Verifier final {
  public:
    // Operation and problem outlive it.
    Verifier(const Operation& operation, const Problem& problem, std::uint64_t seed);

    // Draws the set when it is first asked for.
    [[nodiscard]] const OperandSet& set(int index);

    // How closely to look. `rows`: the set's rows are compared, the whole output is scanned for
    // elements that are no numbers and for writes into padding. `whole`: where not
    // all rows are compared, also the operation's probe of the whole output.
    enum class Look { rows, whole };
    // Errors are of the compared rows; the Frobenius ones are 0 for adversarial inputs, where the
    // reference may vanish.
    [[nodiscard]] Verification judge(int index, const Numerics& numerics, Look look);

  private:
    struct Entry {
        OperandSet set;
        std::unique_ptr<References> references;
        std::optional<ErrorPair> plain_error;
    };
    [[nodiscard]] Entry& entry(int index);

    const Operation& operation_;
    const Problem& problem_;
    std::uint64_t seed_;
    std::array<std::unique_ptr<Entry>, operand_sets.size()> entries_;
};

} // namespace hone
