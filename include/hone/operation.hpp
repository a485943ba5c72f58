// What is computed. One reference per operation, shared by every family.
#pragma once

#include "hone/problem.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hone {

inline constexpr int max_rank = 5;

enum class Role : std::uint8_t {
    in,
    out,
    inout,    // read and written; restored outside the timed region when measuring
    scratch,  // caller-provided working memory that is part of the operation's signature
    index,    // integers that steer the computation: offsets, block tables, group sizes
    constant, // an input that stays the same over many calls (weights); may be prepared
};

// Row-major: strides are in elements, the last dimension usually has stride 1. Rank 0 is a scalar
// in host memory that is read at launch and passed by value.
struct ArgSpec {
    std::string name;
    Role role = Role::in;
    DType dtype = DType::f32;
    int rank = 0;
    std::array<std::int64_t, max_rank> shape{};
    std::array<std::int64_t, max_rank> strides{};
    // Its elements enter products, so a program may round them to its Numerics::operand.
    bool factor = false;

    [[nodiscard]] bool present() const noexcept { return dtype != DType::none; }
    // Elements from the first to one past the last.
    [[nodiscard]] std::int64_t extent() const noexcept;
    [[nodiscard]] std::int64_t storage_bytes() const noexcept; // of extent()
};

// An argument in host memory, for inputs and references. data points at element 0.
struct HostTensor {
    ArgSpec spec;
    void* data = nullptr;
};

// Of inputs. Stored in no format by number.
enum class Distribution : std::uint8_t {
    normal,      // N(0, 1)
    wide_range,  // normal times 2^uniform(-12, 12)
    same_sign,   // |N(0, 1)|: no cancellation
    adversarial, // pairs that cancel: large values whose sum is small
};
inline constexpr std::array all_distributions{Distribution::normal, Distribution::wide_range,
                                              Distribution::same_sign, Distribution::adversarial};
[[nodiscard]] std::string_view to_string(Distribution distribution) noexcept;

struct Work {
    double flops = 0;
    double bytes = 0; // every operand read or written once
};

// Which part of outputs is compared: rows, a row being all elements that share every index but the
// last. Increasing numbers; empty means every row. An output with fewer rows takes those it has.
struct RowSelection {
    std::vector<std::int64_t> rows;
};

// fp64 values of selected rows of an output, each with the magnitude that rounding errors are
// measured against: |op(A)||op(B)| scaled like the value for gemm; for attention row-wise |P||V|
// plus what independent errors of the scores move (docs/verification.md).
struct ReferenceRows {
    std::vector<std::int64_t> rows; // those selected that it has, or all
    std::int64_t row_length = 0;
    std::vector<double> values;     // rows.size() * row_length
    std::vector<double> magnitudes; // same size
};

// Tile extents of a candidate in the problem's dims, for proxies.
struct Tile {
    int dim = 0; // slot in Problem::dims
    std::int64_t extent = 1;
    std::int64_t stages = 1; // pipeline depth along this dim
};

// Operations are stateless and safe to use from several threads.
class Operation {
  public:
    virtual ~Operation() = default;

    [[nodiscard]] virtual const Schema& schema() const noexcept = 0;
    [[nodiscard]] const std::string& name() const noexcept { return schema().operation; }

    // Rules between fields that the schema alone cannot state. Throws Error(workload) naming the
    // keys.
    virtual void validate(const Problem& problem) const = 0;

    // Tensors of the problem in their fixed order; absent ones have dtype none, so positions never
    // depend on the problem. Strided problems get the smallest leading dimension of their class
    // that is larger than packed; the exact one used is the caller's and is kept in the record.
    [[nodiscard]] virtual std::vector<ArgSpec> args(const Problem& problem) const = 0;

    // Fills in, inout, constant and index tensors. Deterministic in (problem, distribution, seed)
    // on every machine. Values are on the grid of the tensor's own dtype.
    virtual void make_inputs(const Problem& problem, Distribution distribution, std::uint64_t seed,
                             std::span<const HostTensor> args) const = 0;

    // The fp64 result for inputs as given, one entry per out or inout tensor in order of args.
    // inout tensors must still hold their input values. `plain` runs the plain algorithm instead
    // (sequential f32 accumulation, one rounding at the output), which the default contract is
    // measured by.
    enum class Arithmetic : std::uint8_t { fp64, plain };
    [[nodiscard]] virtual std::vector<ReferenceRows> reference(const Problem& problem,
                                                               std::span<const HostTensor> args,
                                                               const RowSelection& selection,
                                                               Arithmetic arithmetic) const = 0;

    // A cheap check of a whole output (Freivalds, Probabilistic machines can use less running time,
    // 1977): the largest residual relative to its expected rounding error, so that a right result
    // is of order 1. Nothing when the problem has no such check. inout tensors are passed as they
    // were before (in `args`) and after (in `outputs`).
    [[nodiscard]] virtual std::optional<double> probe(const Problem& problem,
                                                      std::span<const HostTensor> args,
                                                      std::span<const HostTensor> outputs,
                                                      std::uint64_t seed) const;

    [[nodiscard]] virtual Work work(const Problem& problem) const = 0;

    // Length of the longest sum behind one output element, for error bounds.
    [[nodiscard]] virtual std::int64_t accumulation_length(const Problem& problem) const = 0;

    // The smallest problem that exercises every path of a candidate with these tiles: two tiles per
    // dim, ragged edges, a tail of k, a wrap of the pipeline. Never larger than `problem`.
    [[nodiscard]] virtual Problem proxy(const Problem& problem,
                                        std::span<const Tile> tiles) const = 0;
};

} // namespace hone
