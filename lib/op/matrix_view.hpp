// A stored matrix read as op(A) or op(B).
#pragma once

#include "hone/operation.hpp"
#include "lib/op/convert.hpp"

#include <cstdint>
#include <utility>

namespace hone {

struct MatrixView {
    DType dtype = DType::none;
    const void* data = nullptr;
    std::int64_t offset = 0; // of element (0, 0), in elements
    std::int64_t row_stride = 0, column_stride = 1;

    // `count` elements of a row from `column` on.
    template <typename Real>
    void read_row(std::int64_t row, std::int64_t column, std::int64_t count, Real* out) const {
        load_run(dtype, data, offset + row * row_stride + column * column_stride, column_stride,
                 count, out);
    }
    template <typename Real>
    void read_column(std::int64_t column, std::int64_t row, std::int64_t count, Real* out) const {
        load_run(dtype, data, offset + row * row_stride + column * column_stride, row_stride, count,
                 out);
    }
    [[nodiscard]] MatrixView transposed() const noexcept {
        return {dtype, data, offset, column_stride, row_stride};
    }
};

// Matrix `batch` of a tensor batch x rows x columns.
[[nodiscard]] inline MatrixView matrix_of(const HostTensor& tensor, std::int64_t batch) noexcept {
    return {tensor.spec.dtype, tensor.data, batch * tensor.spec.strides[0], tensor.spec.strides[1],
            tensor.spec.strides[2]};
}

} // namespace hone
