// The arguments of a problem with memory of their own.
#pragma once

#include "hone/operation.hpp"
#include "lib/op/tensor.hpp"

#include <cstddef>
#include <cstring>
#include <vector>

namespace hone::test {

// Memory is filled with 0xff: NaN of floating types, so that what nobody wrote is seen.
class Tensors final {
  public:
    Tensors(const Operation& operation, const Problem& problem)
        : Tensors(operation.args(problem)) {}

    explicit Tensors(const std::vector<ArgSpec>& specs) {
        for (const ArgSpec& spec : specs) {
            const auto bytes = spec.present() ? spec.storage_bytes() : 0;
            memory_.emplace_back(static_cast<std::size_t>(bytes), std::byte{0xff});
            tensors_.push_back({spec, memory_.back().data()});
        }
    }
    Tensors(const Tensors&) = delete;
    Tensors& operator=(const Tensors&) = delete;

    [[nodiscard]] const HostTensor& operator[](int arg) const {
        return tensors_[static_cast<std::size_t>(arg)];
    }
    [[nodiscard]] std::span<const HostTensor> all() const { return tensors_; }
    [[nodiscard]] std::vector<HostTensor> outputs() const {
        std::vector<HostTensor> found;
        for (const HostTensor& tensor : tensors_) {
            const Role role = tensor.spec.role;
            if (tensor.spec.present() && (role == Role::out || role == Role::inout)) {
                found.push_back(tensor);
            }
        }
        return found;
    }
    [[nodiscard]] const std::vector<std::vector<std::byte>>& memory() const { return memory_; }

  private:
    std::vector<std::vector<std::byte>> memory_;
    std::vector<HostTensor> tensors_;
};

// One element by its indices.
inline std::int64_t position(const ArgSpec& spec, std::initializer_list<std::int64_t> index) {
    std::int64_t at = 0;
    std::size_t axis = 0;
    for (const std::int64_t i : index) at += i * spec.strides[axis++];
    return at;
}
inline double element(const HostTensor& tensor, std::initializer_list<std::int64_t> index) {
    return to_double(tensor.spec.dtype, tensor.data, position(tensor.spec, index));
}

// Stores reference values as the output would hold them.
inline void store_rows(const ReferenceRows& rows, const HostTensor& tensor) {
    std::size_t next = 0;
    for (const std::int64_t number : rows.rows) {
        const Row row = row_of(tensor.spec, number);
        for (std::int64_t i = 0; i < row.length; ++i) {
            from_double(tensor.spec.dtype, tensor.data, row.offset + i * row.stride,
                        rows.values[next++]);
        }
    }
}

} // namespace hone::test
