#include "lib/measure/verifier.hpp"

#include "lib/measure/comparison.hpp"
#include "lib/op/tensor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

namespace hone {

namespace {

// Of standard deviations that rounding is expected to leave in a probe. Among the many residuals a
// probe looks at, five or six are seen on right results; the model of the deviation is rough.
constexpr double probe_limit = 10;
// The probe computes in fp64, so on f64 results its own rounding is seen as well.
constexpr double f64_probe_limit = 160;
// After a failed probe the wrong element is looked for in this many multiply-adds.
constexpr double search_budget = 0x1p29;
constexpr std::int64_t search_rows = 32;

std::vector<HostTensor> present(std::span<const HostTensor> tensors) {
    std::vector<HostTensor> found;
    std::copy_if(tensors.begin(), tensors.end(), std::back_inserter(found),
                 [](const HostTensor& tensor) { return tensor.spec.present(); });
    return found;
}

bool is_dequantised(std::span<const HostTensor> inputs, const Numerics& numerics) {
    return unit_roundoff(numerics.operand) > 0 &&
           std::any_of(inputs.begin(), inputs.end(), [](const HostTensor& input) {
               return input.spec.present() && input.spec.factor &&
                      unit_roundoff(input.spec.dtype) == 0;
           });
}

// What the probe of an operation takes for granted: nothing but sums in the plain accumulator.
Numerics plain_numerics(std::span<const HostTensor> inputs) {
    const bool wide = std::any_of(inputs.begin(), inputs.end(), [](const HostTensor& input) {
        return input.spec.present() && input.spec.dtype == DType::f64;
    });
    const DType dtype = wide ? DType::f64 : DType::f32;
    return {.operand = dtype, .accumulator = dtype};
}

std::string describe(const ArgSpec& spec, const Comparison& comparison) {
    const Mismatch& first = *comparison.first;
    const std::string excess = std::isfinite(first.excess)
                                   ? fmt::format("error {:.2g} x bound, ", first.excess)
                                   : std::string();
    return fmt::format("{}: expected {:.9g}, got {:.9g} ({}{} of {} compared wrong)",
                       element_name(spec, first.position), first.expected, first.got, excess,
                       comparison.wrong, comparison.compared);
}

Outcome outcome_of(const Mismatch& mismatch) {
    return std::isfinite(mismatch.got) ? Outcome::wrong_result : Outcome::not_finite;
}

// One set's results while they are judged.
class Judging final {
  public:
    Judging(const Operation& operation, const Problem& problem, const OperandSet& set,
            References& references, const Numerics& numerics)
        : operation_(operation), problem_(problem), set_(set), references_(references),
          numerics_(numerics), outputs_(present(set.memory->results())) {}

    [[nodiscard]] Verification run(Verifier::Look look) {
        check_padding();
        compare_rows(); // also when there is a failure already: errors are worth knowing
        scan();
        const bool all_compared = set_.rows.rows.empty();
        if (look == Verifier::Look::whole && !all_compared && ok()) probe();
        return std::move(verdict_);
    }

  private:
    [[nodiscard]] bool ok() const { return verdict_.outcome == Outcome::ok; }

    void fail(Outcome outcome, std::string_view what) {
        if (!ok()) return;
        verdict_.outcome = outcome;
        verdict_.detail = fmt::format("{} on {} inputs", what, to_string(set_.distribution));
    }

    [[nodiscard]] ErrorBound bound(const Numerics& numerics, DType output) const {
        return error_bound({numerics, operation_.accumulation_length(problem_), output,
                            is_dequantised(set_.memory->inputs(), numerics)});
    }

    void check_padding() {
        const std::span<const HostTensor> inputs = set_.memory->inputs();
        for (std::size_t arg = 0; arg < inputs.size(); ++arg) {
            const HostTensor& output = set_.memory->results()[arg];
            if (!output.spec.present()) continue;
            if (const auto stray = first_stray(output, inputs[arg]))
                fail(Outcome::out_of_bounds,
                     fmt::format("{}: written in the padding behind its row",
                                 element_name(output.spec, *stray)));
        }
    }

    void compare_rows() {
        const Rows& seen = references_.seen(numerics_);
        const Rows& stated = references_.stated();
        for (std::size_t i = 0; i < outputs_.size(); ++i) {
            const HostTensor& output = outputs_[i];
            const Comparison comparison =
                compare(output, seen[i], bound(numerics_, output.spec.dtype));
            if (comparison.first)
                fail(outcome_of(*comparison.first), describe(output.spec, comparison));
            verdict_.kernel_error = worst(verdict_.kernel_error, comparison.error);
            verdict_.total_error =
                worst(verdict_.total_error,
                      &seen == &stated ? comparison.error : error_against(output, stated[i]));
        }
    }

    void scan() {
        for (std::size_t i = 0; ok() && i < outputs_.size(); ++i) {
            const auto nan = first_nan(outputs_[i]);
            if (nan) look_at(i, {{nan->row}});
            // The reference itself may be no number there; nobody else can say more.
        }
    }

    // Compares other rows of output i.
    void look_at(std::size_t i, const RowSelection& rows) {
        const Comparison comparison = compare(outputs_[i], references_.seen(numerics_, rows)[i],
                                              bound(numerics_, outputs_[i].spec.dtype));
        if (comparison.first)
            fail(outcome_of(*comparison.first), describe(outputs_[i].spec, comparison));
    }

    void probe() {
        const std::span<const HostTensor> inputs = references_.inputs_seen(numerics_);
        const std::optional<double> residual =
            operation_.probe(problem_, inputs, outputs_, set_.seed);
        if (!residual) return;
        double widening = 1;
        for (const HostTensor& output : outputs_) {
            const DType dtype = output.spec.dtype;
            const double plain = bound(plain_numerics(inputs), dtype).relative;
            if (plain > 0) widening = std::max(widening, bound(numerics_, dtype).relative / plain);
        }
        const bool wide = numerics_.accumulator == DType::f64;
        if (*residual <= (wide ? f64_probe_limit : probe_limit) * widening) return;
        search();
        fail(Outcome::wrong_result,
             fmt::format("the product check of the whole output leaves {:.2g} times what rounding "
                         "does",
                         *residual));
    }

    // For the report: which element it is, as far as that costs no more than a second.
    void search() {
        const std::int64_t rows = row_count(outputs_.front().spec);
        const double cost = operation_.work(problem_).flops / 2 / static_cast<double>(rows);
        const double affordable = search_budget / std::max(cost, 1.0);
        for (std::int64_t row = 0; ok() && row < rows; row += search_rows) {
            if (static_cast<double>(row) >= affordable) return;
            RowSelection selection;
            for (std::int64_t i = row; i < std::min(row + search_rows, rows); ++i)
                selection.rows.push_back(i);
            look_at(0, selection);
        }
    }

    const Operation& operation_;
    const Problem& problem_;
    const OperandSet& set_;
    References& references_;
    const Numerics& numerics_;
    std::vector<HostTensor> outputs_;
    Verification verdict_;
};

ErrorPair plain_error(References& references, std::span<const HostTensor> results) {
    ErrorPair error;
    std::size_t i = 0;
    for (const HostTensor& output : results) {
        if (!output.spec.present()) continue;
        error = worst(
            error, error_between(references.plain()[i], references.stated()[i], output.spec.dtype));
        ++i;
    }
    return error;
}

} // namespace

void merge(Verification& into, const Verification& more) {
    into.kernel_error = worst(into.kernel_error, more.kernel_error);
    into.total_error = worst(into.total_error, more.total_error);
    into.plain_error = worst(into.plain_error, more.plain_error);
    if (into.outcome != Outcome::ok) return;
    into.outcome = more.outcome;
    into.detail = more.detail;
}

Verifier::Verifier(const Operation& operation, const Problem& problem, std::uint64_t seed)
    : operation_(operation), problem_(problem), seed_(seed) {}

Verifier::Entry& Verifier::entry(int index) {
    std::unique_ptr<Entry>& entry = entries_.at(static_cast<std::size_t>(index));
    if (!entry) {
        entry = std::make_unique<Entry>();
        entry->set = draw_operand_set(operation_, problem_, index, seed_);
        entry->references = std::make_unique<References>(operation_, problem_, entry->set);
    }
    return *entry;
}

const OperandSet& Verifier::set(int index) { return entry(index).set; }

Verification Verifier::judge(int index, const Numerics& numerics, Look look) {
    Entry& judged = entry(index);
    if (!judged.plain_error)
        judged.plain_error = plain_error(*judged.references, judged.set.memory->results());
    Verification verdict =
        Judging(operation_, problem_, judged.set, *judged.references, numerics).run(look);
    verdict.plain_error = *judged.plain_error;
    if (judged.set.distribution == Distribution::adversarial)
        verdict.kernel_error.frobenius_ppt = verdict.total_error.frobenius_ppt =
            verdict.plain_error.frobenius_ppt = 0;
    return verdict;
}

} // namespace hone
