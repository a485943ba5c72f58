#include "gemm.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace fake {
namespace {

constexpr std::int64_t element_bytes = sizeof(float);

bool flag(const BoundStep& step, const char* name) {
    return step.find(name) && step.integer(name) != 0;
}

float alpha_of(const BoundStep& step) {
    const Argument* found = step.find("alpha");
    if (!found) return 1;
    float alpha = 0;
    if (const auto* scalar = std::get_if<Scalar>(found)) {
        std::memcpy(&alpha, scalar->bytes.data(), sizeof alpha);
    } else { // a constant of the program: its bits
        const std::int64_t bits = step.integer("alpha");
        std::memcpy(&alpha, &bits, sizeof alpha);
    }
    return alpha;
}

// An operand that is read, through a pointer and a leading dimension or through a tensor map.
class Matrix {
  public:
    Matrix(const BoundStep& step, const char* name, const char* leading, bool transposed,
           const DeviceMemory& memory)
        : transposed_(transposed), map_(std::get_if<BoundMap>(step.find(name))) {
        if (map_ && map_->rank != 2 && map_->rank != 3)
            throw wrong_parameter(name, "a tensor map of rank 2, or 3 with one batch");
        base_ = map_ ? map_->address : step.address(name);
        leading_ = map_ ? 0 : step.integer(leading);
        reach_ = memory.reach(base_);
    }

    float operator()(std::int64_t row, std::int64_t column) const {
        if (transposed_) std::swap(row, column);
        if (map_) return map_->load(reach_, std::array{column, row, std::int64_t{0}});
        const std::int64_t offset = (row * leading_ + column) * element_bytes;
        float value = 0;
        std::memcpy(&value, reach_.at(base_ + static_cast<std::uint64_t>(offset), sizeof value),
                    sizeof value);
        return value;
    }

  private:
    bool transposed_;
    const BoundMap* map_;
    std::uint64_t base_ = 0;
    std::int64_t leading_ = 0;
    DeviceMemory::Reach reach_;
};

// Rows or columns that block `index` computes; where no tile is stated, block 0 computes all.
struct Range {
    std::int64_t begin, end;
};
Range range(std::int64_t index, std::int64_t tile, std::int64_t extent) {
    if (tile == 0) return {0, index == 0 ? extent : 0};
    return {std::min(index * tile, extent), std::min((index + 1) * tile, extent)};
}

} // namespace

void gemm(const BoundStep& step, DeviceMemory& memory) {
    const std::int64_t m = step.integer("m"), n = step.integer("n"), k = step.integer("k");
    const Matrix a(step, "a", "lda", flag(step, "trans_a"), memory);
    const Matrix b(step, "b", "ldb", flag(step, "trans_b"), memory);
    const float alpha = alpha_of(step);
    const std::uint64_t d = step.address("d");
    const std::int64_t ldd = step.integer("ldd");
    const DeviceMemory::Reach reach = memory.reach(d);

    const auto element = [&](std::int64_t i, std::int64_t j) {
        float sum = 0;
        for (std::int64_t l = 0; l < k; ++l) sum += a(i, l) * b(l, j);
        sum *= alpha;
        const auto offset = static_cast<std::uint64_t>((i * ldd + j) * element_bytes);
        std::memcpy(reach.at(d + offset, sizeof sum), &sum, sizeof sum);
    };
    for (std::int64_t y = 0; y < step.grid[1]; ++y) {
        const Range rows = range(y, step.kernel.tile_rows, m);
        for (std::int64_t x = 0; x < step.grid[0]; ++x) {
            const Range columns = range(x, step.kernel.tile_columns, n);
            for (std::int64_t i = rows.begin; i < rows.end; ++i) {
                for (std::int64_t j = columns.begin; j < columns.end; ++j) element(i, j);
            }
        }
    }
}

std::uint64_t gemm_element(const BoundStep& step) {
    const std::int64_t row = step.integer("m") / 2, column = step.integer("n") / 2;
    const std::int64_t offset = (row * step.integer("ldd") + column) * element_bytes;
    return step.address("d") + static_cast<std::uint64_t>(offset);
}

} // namespace fake
