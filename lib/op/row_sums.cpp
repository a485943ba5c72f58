#include "lib/op/row_sums.hpp"

#include "lib/op/panel_product.hpp"

#include <algorithm>

namespace hone {

namespace {

constexpr std::int64_t block_columns = 4 * panel_columns;
constexpr std::int64_t block_depth = 256;

// One block of op(B), as panels of panel_columns columns each.
template <typename Real> class Block final {
  public:
    void read(const PanelReader<Real>& reader, std::int64_t row, std::int64_t depth,
              std::int64_t column, std::int64_t columns) {
        panels_ = (columns + panel_columns - 1) / panel_columns;
        depth_ = depth;
        for (std::int64_t panel = 0; panel < panels_; ++panel) {
            const std::int64_t first = panel * panel_columns;
            const std::int64_t width = std::min(panel_columns, columns - first);
            Real* const out = values_.data() + panel * block_depth * panel_columns;
            if (width < panel_columns) std::fill(out, out + depth * panel_columns, Real{0});
            reader(row, depth, column + first, width, panel_columns, out);
        }
    }

    [[nodiscard]] std::int64_t panels() const { return panels_; }
    [[nodiscard]] std::int64_t depth() const { return depth_; }
    [[nodiscard]] const Real* panel(std::int64_t index) const {
        return values_.data() + index * block_depth * panel_columns;
    }

  private:
    std::vector<Real> values_ = std::vector<Real>(block_depth * block_columns);
    std::int64_t panels_ = 0, depth_ = 0;
};

// The running sums of all rows over one block of columns, padded to whole panels.
template <typename Real> struct Running {
    explicit Running(std::size_t rows)
        : sums(rows * block_columns), magnitudes(rows * block_columns),
          corrections(rows * block_columns) {}

    void clear() {
        for (auto* values : {&sums, &magnitudes, &corrections}) {
            std::fill(values->begin(), values->end(), Real{0});
        }
    }

    std::vector<Real> sums, magnitudes, corrections;
};

template <typename Real>
void add_block(const Block<Real>& block, const Real* a, std::int64_t row, Summation summation,
               Running<Real>& running) {
    for (std::int64_t panel = 0; panel < block.panels(); ++panel) {
        const std::int64_t at = row * block_columns + panel * panel_columns;
        Real* const sums = running.sums.data() + at;
        Real* const magnitudes = running.magnitudes.data() + at;
        if constexpr (std::is_same_v<Real, double>) {
            if (summation == Summation::twice) {
                add_products_twice(a, block.panel(panel), block.depth(), sums,
                                   running.corrections.data() + at, magnitudes);
                continue;
            }
        }
        add_products(a, block.panel(panel), block.depth(), sums, magnitudes);
    }
}

} // namespace

template <typename Real> PanelReader<Real> panels_of(const MatrixView& b) {
    return [b](std::int64_t row, std::int64_t depth, std::int64_t column, std::int64_t columns,
               std::int64_t stride, Real* out) {
        if (b.column_stride == 1) {
            for (std::int64_t p = 0; p < depth; ++p) {
                b.read_row(row + p, column, columns, out + p * stride);
            }
            return;
        }
        std::vector<Real> run(static_cast<std::size_t>(depth));
        for (std::int64_t j = 0; j < columns; ++j) {
            b.read_column(column + j, row, depth, run.data());
            for (std::int64_t p = 0; p < depth; ++p) {
                out[p * stride + j] = run[static_cast<std::size_t>(p)];
            }
        }
    };
}

template <typename Real>
RowSums<Real> row_sums(std::span<const Real> a, std::size_t count, std::int64_t n,
                       const PanelReader<Real>& read_b, Summation summation) {
    const auto k = static_cast<std::int64_t>(a.size() / count);
    RowSums<Real> result;
    result.values.resize(count * static_cast<std::size_t>(n));
    result.magnitudes.resize(count * static_cast<std::size_t>(n));

    Block<Real> block;
    Running<Real> running(count);
    for (std::int64_t column = 0; column < n; column += block_columns) {
        const std::int64_t columns = std::min(block_columns, n - column);
        running.clear();
        for (std::int64_t p = 0; p < k; p += block_depth) {
            block.read(read_b, p, std::min(block_depth, k - p), column, columns);
            for (std::size_t i = 0; i < count; ++i) {
                const auto row = static_cast<std::int64_t>(i);
                add_block(block, a.data() + row * k + p, row, summation, running);
            }
        }
        for (std::size_t i = 0; i < count; ++i) {
            const std::int64_t from = static_cast<std::int64_t>(i) * block_columns;
            const std::int64_t to = static_cast<std::int64_t>(i) * n + column;
            for (std::int64_t j = 0; j < columns; ++j) {
                const auto source = static_cast<std::size_t>(from + j);
                const auto target = static_cast<std::size_t>(to + j);
                result.values[target] = running.sums[source] + running.corrections[source];
                result.magnitudes[target] = running.magnitudes[source];
            }
        }
    }
    return result;
}

template PanelReader<float> panels_of(const MatrixView&);
template PanelReader<double> panels_of(const MatrixView&);
template RowSums<float> row_sums(std::span<const float>, std::size_t, std::int64_t,
                                 const PanelReader<float>&, Summation);
template RowSums<double> row_sums(std::span<const double>, std::size_t, std::int64_t,
                                  const PanelReader<double>&, Summation);

} // namespace hone
