// Results as candidates leave them, for tests of the verifier.
#pragma once

#include "hone/gemm.hpp"
#include "hone/workload.hpp"
#include "lib/measure/operand_set.hpp"
#include "lib/measure/output_scan.hpp"
#include "lib/op/tensor.hpp"

#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace hone::test {

inline Problem gemm(std::string_view text) {
    const Operation* const operation = &gemm_operation();
    return parse_problem(text, {&operation, 1}).problem;
}

inline const HostTensor& d_of(const OperandSet& set) { return set.memory->results()[Gemm::d_arg]; }

inline void poison(const HostTensor& output) {
    std::memset(output.data, std::to_integer<int>(output_poison),
                static_cast<std::size_t>(output.spec.storage_bytes()));
}

inline void set_element(const HostTensor& output, std::int64_t row, std::int64_t column,
                        double value) {
    const Row at = row_of(output.spec, row);
    from_double(output.spec.dtype, output.data, at.offset + column * at.stride, value);
}

inline double element(const HostTensor& output, std::int64_t row, std::int64_t column) {
    const Row at = row_of(output.spec, row);
    return to_double(output.spec.dtype, output.data, at.offset + column * at.stride);
}

// What the plain algorithm gives for these inputs, in every element; padding as before a check.
inline void write_plain(const Problem& problem, const OperandSet& set,
                        std::span<const HostTensor> inputs) {
    const HostTensor& d = d_of(set);
    poison(d);
    if (const HostTensor& before = set.memory->inputs()[Gemm::d_arg]; before.data)
        std::memcpy(d.data, before.data, static_cast<std::size_t>(d.spec.storage_bytes()));
    const ReferenceRows rows =
        gemm_operation().reference(problem, inputs, {}, Operation::Arithmetic::plain).front();
    for (std::size_t i = 0; i < rows.values.size(); ++i) {
        const auto at = static_cast<std::int64_t>(i);
        set_element(d, at / rows.row_length, at % rows.row_length, rows.values[i]);
    }
}

inline void write_plain(const Problem& problem, const OperandSet& set) {
    write_plain(problem, set, set.memory->inputs());
}

} // namespace hone::test
