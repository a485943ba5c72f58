#include "lib/op/grouped_gemm_operation.hpp"
#include "lib/op/matrix_view.hpp"
#include "lib/op/reference_rows.hpp"
#include "lib/op/row_sums.hpp"

#include <algorithm>

namespace hone {

namespace {

// Where a row of D comes from: a group's product, its terms, a row of op(A).
struct Source {
    std::int64_t group = 0;
    std::int64_t a_matrix = 0, a_row = 0; // of op(A)
    std::int64_t first = 0, terms = 0;    // columns of op(A), rows of op(B)
    [[nodiscard]] bool same_product(const Source& other) const {
        return group == other.group && a_matrix == other.a_matrix;
    }
};

class Sources final {
  public:
    explicit Sources(const GroupedGemm& gemm)
        : gemm_(gemm), sizes_(group_sizes(gemm)), offsets_(offsets_of(sizes_)),
          capacity_(*std::max_element(sizes_.begin(), sizes_.end())) {}

    [[nodiscard]] std::int64_t row_count() const {
        switch (gemm_.mode) {
        case GroupMode::contiguous:
            return offsets_.back();
        case GroupMode::masked:
            return gemm_.groups * capacity_;
        case GroupMode::k_grouped:
            return gemm_.groups * gemm_.m;
        }
        return 0;
    }

    // Whether some group has the row; others of a masked D may hold anything.
    [[nodiscard]] bool used(std::int64_t row) const {
        return gemm_.mode != GroupMode::masked ||
               row % capacity_ < sizes_[static_cast<std::size_t>(row / capacity_)];
    }

    [[nodiscard]] Source of(std::int64_t row) const {
        switch (gemm_.mode) {
        case GroupMode::contiguous: {
            const auto next = std::upper_bound(offsets_.begin(), offsets_.end(), row);
            return {next - offsets_.begin() - 1, 0, row, 0, gemm_.k};
        }
        case GroupMode::masked:
            return {row / capacity_, row / capacity_, row % capacity_, 0, gemm_.k};
        case GroupMode::k_grouped:
            break;
        }
        const std::int64_t group = row / gemm_.m;
        const auto at = static_cast<std::size_t>(group);
        return {group, 0, row % gemm_.m, offsets_[at], sizes_[at]};
    }

  private:
    const GroupedGemm& gemm_;
    std::vector<std::int64_t> sizes_, offsets_;
    std::int64_t capacity_;
};

template <typename Real> class Grouped final {
  public:
    Grouped(const GroupedGemm& gemm, std::span<const HostTensor> args)
        : gemm_(gemm), args_(args), blocks_(scale_blocks(gemm)), sources_(gemm) {}

    void run(ReferenceRows& result) const {
        constexpr std::size_t at_once = 512;
        std::vector<Source> rows;
        for (std::size_t done = 0; done < result.rows.size(); done += rows.size()) {
            rows.clear();
            for (std::size_t i = done; i < result.rows.size() && rows.size() < at_once; ++i) {
                const Source source = sources_.of(result.rows[i]);
                if (!rows.empty() && !rows.front().same_product(source)) break;
                rows.push_back(source);
            }
            run(rows, done, result);
        }
    }

  private:
    void run(const std::vector<Source>& rows, std::size_t first, ReferenceRows& result) const {
        const std::int64_t terms = rows.front().terms;
        if (terms == 0) return; // an empty sum: the zeros are there already
        std::vector<Real> a(rows.size() * static_cast<std::size_t>(terms));
        for (std::size_t i = 0; i < rows.size(); ++i) {
            read_a(rows[i], a.data() + i * static_cast<std::size_t>(terms));
        }
        const RowSums<Real> sums =
            row_sums<Real>(a, rows.size(), gemm_.n, read_b(rows.front()), Summation::simple);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const std::size_t at = i * static_cast<std::size_t>(gemm_.n);
            set_row(result, first + i, sums.values.data() + at, sums.magnitudes.data() + at);
        }
    }

    void read_a(const Source& row, Real* out) const {
        MatrixView a = matrix_of(args_[GroupedGemm::a_arg], row.a_matrix);
        if (a_transposed(gemm_.layout)) a = a.transposed();
        a.read_row(row.a_row, row.first, row.terms, out);
        if (!blocks_.present()) return;
        const MatrixView scales = matrix_of(args_[GroupedGemm::scale_a_arg], row.a_matrix);
        Real factor = 1;
        for (std::int64_t p = 0; p < row.terms; ++p) {
            const std::int64_t column = row.first + p;
            if (p == 0 || column % blocks_.a_columns == 0) {
                scales.read_row(row.a_row / blocks_.a_rows, column / blocks_.a_columns, 1, &factor);
            }
            out[p] *= factor;
        }
    }

    // Parts of op(B) of the product; a row of the panel is term `source.first + row` of k.
    [[nodiscard]] PanelReader<Real> read_b(const Source& source) const {
        const bool shared = gemm_.mode == GroupMode::k_grouped;
        const std::int64_t matrix = shared ? 0 : source.group;
        MatrixView b = matrix_of(args_[GroupedGemm::b_arg], matrix);
        if (b_transposed(gemm_.layout)) b = b.transposed();
        b.offset += source.first * b.row_stride;
        PanelReader<Real> plain = panels_of<Real>(b);
        if (!blocks_.present()) return plain;

        const MatrixView scales = matrix_of(args_[GroupedGemm::scale_b_arg], matrix);
        return [plain, scales, blocks = blocks_,
                first = source.first](std::int64_t row, std::int64_t depth, std::int64_t column,
                                      std::int64_t columns, std::int64_t stride, Real* out) {
            plain(row, depth, column, columns, stride, out);
            std::vector<Real> factors(static_cast<std::size_t>(columns));
            for (std::int64_t p = 0; p < depth; ++p) {
                const std::int64_t term = first + row + p;
                if (p == 0 || term % blocks.b_columns == 0) {
                    for (std::int64_t j = 0; j < columns; ++j) {
                        scales.read_row((column + j) / blocks.b_rows, term / blocks.b_columns, 1,
                                        &factors[static_cast<std::size_t>(j)]);
                    }
                }
                for (std::int64_t j = 0; j < columns; ++j) {
                    out[p * stride + j] *= factors[static_cast<std::size_t>(j)];
                }
            }
        };
    }

    const GroupedGemm& gemm_;
    std::span<const HostTensor> args_;
    ScaleBlocks blocks_;
    Sources sources_;
};

} // namespace

ReferenceRows grouped_gemm_reference(const GroupedGemm& gemm, std::span<const HostTensor> args,
                                     const RowSelection& selection,
                                     Operation::Arithmetic arithmetic) {
    const Sources sources(gemm);
    ReferenceRows result = select_rows(selection, sources.row_count(), gemm.n);
    std::erase_if(result.rows, [&](std::int64_t row) { return !sources.used(row); });
    result.values.resize(result.rows.size() * static_cast<std::size_t>(gemm.n));
    result.magnitudes.resize(result.values.size());
    if (arithmetic == Operation::Arithmetic::plain) {
        Grouped<float>(gemm, args).run(result);
    } else {
        Grouped<double>(gemm, args).run(result);
    }
    finish_rows(result, gemm.d, arithmetic);
    return result;
}

} // namespace hone
