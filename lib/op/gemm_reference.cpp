#include "lib/op/gemm_epilogue.hpp"
#include "lib/op/gemm_operation.hpp"
#include "lib/op/reference_rows.hpp"
#include "lib/op/row_sums.hpp"

#include <algorithm>

namespace hone {

namespace {

// Rows handled at once: enough to reuse each panel of B, few enough to fit memory.
std::size_t rows_at_once(const Gemm& gemm) {
    constexpr std::int64_t elements = std::int64_t{1} << 22;
    return static_cast<std::size_t>(
        std::clamp<std::int64_t>(elements / std::max(gemm.k, gemm.n), 16, 1024));
}

template <typename Real>
PanelReader<Real> read_b(const Gemm& gemm, std::span<const HostTensor> args, std::int64_t batch) {
    MatrixView b = matrix_of(args[Gemm::b_arg], batch);
    if (b_transposed(gemm.layout)) b = b.transposed();
    PanelReader<Real> plain = panels_of<Real>(b);
    if (!has_quantized_b(gemm)) return plain;

    const MatrixView scales = matrix_of(args[Gemm::scale_b_arg], batch);
    const std::int64_t group = gemm.group == 0 ? gemm.k : gemm.group;
    return [plain, scales, group](std::int64_t row, std::int64_t depth, std::int64_t column,
                                  std::int64_t columns, std::int64_t stride, Real* out) {
        plain(row, depth, column, columns, stride, out);
        std::vector<Real> factors(static_cast<std::size_t>(columns));
        for (std::int64_t p = 0; p < depth; ++p) {
            if (p == 0 || (row + p) % group == 0) {
                scales.read_row((row + p) / group, column, columns, factors.data());
            }
            for (std::int64_t j = 0; j < columns; ++j) {
                out[p * stride + j] *= factors[static_cast<std::size_t>(j)];
            }
        }
    };
}

template <typename Real>
void reference_in(const Gemm& gemm, std::span<const HostTensor> args, Summation summation,
                  ReferenceRows& result) {
    const GemmEpilogue epilogue(gemm, args);
    const auto n = static_cast<std::size_t>(gemm.n);
    std::size_t done = 0;
    std::vector<std::int64_t> rows; // within one matrix
    while (done < result.rows.size()) {
        const std::int64_t batch = result.rows[done] / gemm.m;
        rows.clear();
        for (std::size_t i = done; i < result.rows.size() && rows.size() < rows_at_once(gemm);
             ++i) {
            if (result.rows[i] / gemm.m != batch) break;
            rows.push_back(result.rows[i] % gemm.m);
        }
        MatrixView a = matrix_of(args[Gemm::a_arg], batch);
        if (a_transposed(gemm.layout)) a = a.transposed();
        std::vector<Real> a_rows(rows.size() * static_cast<std::size_t>(gemm.k));
        for (std::size_t i = 0; i < rows.size(); ++i) {
            a.read_row(rows[i], 0, gemm.k, a_rows.data() + i * static_cast<std::size_t>(gemm.k));
        }
        RowSums<Real> sums =
            row_sums<Real>(a_rows, rows.size(), gemm.n, read_b<Real>(gemm, args, batch), summation);
        for (std::size_t i = 0; i < rows.size(); ++i, ++done) {
            Real* const values = sums.values.data() + i * n;
            Real* const magnitudes = sums.magnitudes.data() + i * n;
            epilogue.apply(batch, rows[i], values, magnitudes);
            set_row(result, done, values, magnitudes);
        }
    }
}

} // namespace

ReferenceRows gemm_reference(const Gemm& gemm, std::span<const HostTensor> args,
                             const RowSelection& selection, Operation::Arithmetic arithmetic) {
    ReferenceRows result = select_rows(selection, gemm.batch * gemm.m, gemm.d_columns());
    const bool plain = arithmetic == Operation::Arithmetic::plain;
    if (plain && accumulator(gemm) == DType::f32) {
        reference_in<float>(gemm, args, Summation::simple, result);
    } else {
        // Sums of f64 products need more than f64 to be a reference for; those of integers are
        // exact either way.
        const bool twice = !plain && accumulator(gemm) == DType::f64;
        reference_in<double>(gemm, args, twice ? Summation::twice : Summation::simple, result);
    }
    finish_rows(result, gemm.d, arithmetic);
    return result;
}

} // namespace hone
