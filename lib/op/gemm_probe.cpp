// Freivalds' check: D x against A (B x) for a random vector x of signs (Freivalds, Probabilistic
// machines can use less running time, IFIP 1977), O(mk + kn + mn) instead of O(mnk).
//
// A residual of one row collects the rounding errors of all its elements, so the columns are cut
// into up to eight blocks with a check of their own: a wrong element has fewer others to hide
// among.
//
// What rounding is expected to leave, as a variance, for element (i, j) of a sequential sum in the
// accumulator of unit roundoff u, with the partial sums modelled as a random walk with drift D_ij:
//   u^2 (k/2 sum_p a_ip^2 b_pj^2 + k/3 D_ij^2) / 3
// (rounding errors of mean square u^2/3 of each partial sum; Higham, Mary, A new approach to
// probabilistic rounding error analysis, SIAM J. Sci. Comput. 41, 2019, has the same growth), plus
// the storing of D, the scaling, C, and for a quantised B its rounding to A's dtype. Kernels that
// sum in blocks do better than this; a right result is of order 1 or below.
#include "lib/op/gemm_operation.hpp"
#include "lib/op/matrix_view.hpp"
#include "lib/op/probe_sums.hpp"
#include "lib/op/random.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace hone {

namespace {

constexpr std::int64_t narrowest_block = 256;

class Probe final {
  public:
    Probe(const Gemm& gemm, std::span<const HostTensor> args, const HostTensor& d,
          std::uint64_t seed)
        : gemm_(gemm), args_(args), d_(d),
          width_(std::max(narrowest_block, (gemm.n + probe_blocks - 1) / probe_blocks)),
          blocks_(static_cast<int>((gemm.n + width_ - 1) / width_)),
          signs_(static_cast<std::size_t>(gemm.n)) {
        const RandomStream random(seed, 0);
        for (std::int64_t j = 0; j < gemm.n; ++j) {
            signs_[static_cast<std::size_t>(j)] = random.bits(j) >> 63 != 0 ? 1 : -1;
        }
        alpha_ = scalar(Gemm::alpha_arg, 1);
        beta_ = gemm.accumulate ? 1 : scalar(Gemm::beta_arg, 0);
    }

    // The largest residual of one matrix of the batch against what is expected.
    [[nodiscard]] double worst(std::int64_t batch) const {
        const auto k = static_cast<std::size_t>(gemm_.k);
        std::vector<ProbeSums> b_rows(k);
        multiply_b(batch, b_rows);

        MatrixView a = matrix_of(args_[Gemm::a_arg], batch);
        if (a_transposed(gemm_.layout)) a = a.transposed();
        const MatrixView d = matrix_of(d_, batch);
        const HostTensor& addend = args_[gemm_.accumulate ? Gemm::d_arg : Gemm::c_arg];
        std::vector<double> a_row(k), row(static_cast<std::size_t>(gemm_.n));
        double largest_ratio = 0;
        for (std::int64_t i = 0; i < gemm_.m; ++i) {
            a.read_row(i, 0, gemm_.k, a_row.data());
            const ProbeSums product = multiply(a_row.data(), b_rows.data(), gemm_.k);
            d.read_row(i, 0, gemm_.n, row.data());
            const ProbeSums result = multiply_signs(row);
            ProbeSums added;
            if (beta_ != 0) {
                matrix_of(addend, batch).read_row(i, 0, gemm_.n, row.data());
                added = multiply_signs(row);
            }
            for (int block = 0; block < blocks_; ++block) {
                largest_ratio = std::max(
                    largest_ratio, ratio(product, result, added, static_cast<std::size_t>(block)));
            }
        }
        return largest_ratio;
    }

  private:
    [[nodiscard]] double scalar(int arg, double absent) const {
        const HostTensor& tensor = args_[static_cast<std::size_t>(arg)];
        return tensor.spec.present() ? to_double(tensor.spec.dtype, tensor.data, 0) : absent;
    }

    [[nodiscard]] ProbeSums multiply_signs(const std::vector<double>& row) const {
        ProbeSums result;
        for (int block = 0; block < blocks_; ++block) {
            const std::int64_t first = block * width_;
            const std::int64_t count = std::min(width_, gemm_.n - first);
            add_signed(row.data() + first, signs_.data() + first, count,
                       result.signed_sum[static_cast<std::size_t>(block)],
                       result.square_sum[static_cast<std::size_t>(block)]);
        }
        return result;
    }

    // B x and the sums of squares behind it, for every row of op(B).
    void multiply_b(std::int64_t batch, std::vector<ProbeSums>& rows) const {
        const MatrixView b = matrix_of(args_[Gemm::b_arg], batch);
        const auto k = static_cast<std::size_t>(gemm_.k);
        const bool columns_are_stored = b_transposed(gemm_.layout);
        const std::int64_t group = gemm_.group == 0 ? gemm_.k : gemm_.group;
        if (columns_are_stored) {
            std::vector<double> column(k), factors(k, 1.0), signed_sums(k), square_sums(k);
            for (int block = 0; block < blocks_; ++block) {
                std::fill(signed_sums.begin(), signed_sums.end(), 0.0);
                std::fill(square_sums.begin(), square_sums.end(), 0.0);
                const std::int64_t first = block * width_;
                for (std::int64_t j = first; j < std::min(first + width_, gemm_.n); ++j) {
                    b.read_row(j, 0, gemm_.k, column.data());
                    if (has_quantized_b(gemm_)) {
                        scales_of_column(batch, j, group, factors);
                        for (std::size_t p = 0; p < k; ++p) column[p] *= factors[p];
                    }
                    add_signed_column(column.data(), signs_[static_cast<std::size_t>(j)], gemm_.k,
                                      signed_sums.data(), square_sums.data());
                }
                for (std::size_t p = 0; p < k; ++p) {
                    rows[p].signed_sum[static_cast<std::size_t>(block)] = signed_sums[p];
                    rows[p].square_sum[static_cast<std::size_t>(block)] = square_sums[p];
                }
            }
            return;
        }
        std::vector<double> row(static_cast<std::size_t>(gemm_.n)), factors = row;
        for (std::int64_t p = 0; p < gemm_.k; ++p) {
            b.read_row(p, 0, gemm_.n, row.data());
            if (has_quantized_b(gemm_)) {
                matrix_of(args_[Gemm::scale_b_arg], batch)
                    .read_row(p / group, 0, gemm_.n, factors.data());
                for (std::size_t j = 0; j < row.size(); ++j) row[j] *= factors[j];
            }
            rows[static_cast<std::size_t>(p)] = multiply_signs(row);
        }
    }

    void scales_of_column(std::int64_t batch, std::int64_t column, std::int64_t group,
                          std::vector<double>& factors) const {
        const MatrixView scales = matrix_of(args_[Gemm::scale_b_arg], batch);
        for (std::int64_t p = 0; p < gemm_.k; p += group) {
            double factor = 0;
            scales.read_row(p / group, column, 1, &factor);
            std::fill_n(factors.begin() + p, group, factor);
        }
    }

    [[nodiscard]] double ratio(const ProbeSums& product, const ProbeSums& result,
                               const ProbeSums& added, std::size_t block) const {
        const double residual = result.signed_sum[block] - alpha_ * product.signed_sum[block] -
                                beta_ * added.signed_sum[block];
        const double terms = alpha_ * alpha_ * product.square_sum[block];
        const double stored = result.square_sum[block];
        const double extra = beta_ * beta_ * added.square_sum[block];
        const double length = static_cast<double>(gemm_.k);
        const double u = unit_roundoff(accumulator(gemm_));
        double variance = u * u * (length / 2 * terms + (length / 3 + 2) * stored + 2 * extra);
        const double width = static_cast<double>(std::min(width_, gemm_.n));
        if (accumulator(gemm_) == DType::f64) { // the check's own sums count beside such results
            variance += u * u * (width / 2 * (stored + extra) + (length + width) / 2 * terms);
        }
        const double u_d = unit_roundoff(gemm_.d);
        variance += u_d * u_d * stored;
        if (has_quantized_b(gemm_)) {
            const double u_b = unit_roundoff(gemm_.a);
            variance += u_b * u_b * terms;
        }
        // Half a spacing at most where D is subnormal, or a whole number that was scaled.
        const bool whole = !is_floating(gemm_.d);
        if (!whole || gemm_.scale != Scale::none) {
            const double half = smallest_spacing(gemm_.d) / 2;
            variance += half * half * width;
        }
        if (residual == 0) return 0;
        const double value = std::abs(residual) / std::sqrt(variance / 3);
        return std::isnan(value) ? std::numeric_limits<double>::infinity() : value;
    }

    const Gemm& gemm_;
    std::span<const HostTensor> args_;
    HostTensor d_;
    std::int64_t width_;
    int blocks_;
    std::vector<double> signs_;
    double alpha_ = 1, beta_ = 0;
};

} // namespace

std::optional<double> probe_gemm(const Gemm& gemm, std::span<const HostTensor> args,
                                 const HostTensor& d, std::uint64_t seed) {
    // A value that saturated says nothing about the sum it came from.
    const bool may_saturate = saturates(gemm.d) && bits(gemm.d) == 8;
    if (!gemm.epilogue.empty() || may_saturate) return std::nullopt;
    const Probe probe(gemm, args, d, seed);
    double worst = 0;
    for (std::int64_t batch = 0; batch < gemm.batch; ++batch) {
        worst = std::max(worst, probe.worst(batch));
    }
    return worst;
}

} // namespace hone
