#include "lib/op/reference_rows.hpp"

#include "hone/error.hpp"

namespace hone {

ReferenceRows select_rows(const RowSelection& selection, std::int64_t row_count,
                          std::int64_t row_length) {
    ReferenceRows result;
    result.rows = selection.rows;
    result.row_length = row_length;
    if (result.rows.empty()) {
        result.rows.resize(static_cast<std::size_t>(row_count));
        std::iota(result.rows.begin(), result.rows.end(), 0);
    }
    std::int64_t before = -1;
    for (const std::int64_t row : result.rows) {
        if (row <= before || row >= row_count) {
            throw Error(Errc::internal, "a selection of rows must increase and stay below " +
                                            std::to_string(row_count));
        }
        before = row;
    }
    result.values.resize(result.rows.size() * static_cast<std::size_t>(row_length));
    result.magnitudes.resize(result.values.size());
    return result;
}

void finish_rows(ReferenceRows& result, DType dtype, Operation::Arithmetic arithmetic) {
    const auto count = static_cast<std::int64_t>(result.values.size());
    if (arithmetic == Operation::Arithmetic::plain) {
        round_run(dtype, count, result.values.data());
    } else if (saturates(dtype)) {
        const double high = largest(dtype);
        const double low = is_floating(dtype) ? -high : dtype == DType::u8 ? 0 : -high - 1;
        for (double& value : result.values) value = std::clamp(value, low, high);
    }
}

} // namespace hone
