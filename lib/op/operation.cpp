#include "hone/operation.hpp"

#include "lib/base/saturating.hpp"

namespace hone {

std::int64_t ArgSpec::extent() const noexcept {
    std::int64_t last = 0;
    for (int axis = 0; axis < rank; ++axis) {
        const auto i = static_cast<std::size_t>(axis);
        if (shape[i] == 0) return 0;
        last = saturating_add(last, saturating_multiply(shape[i] - 1, strides[i]));
    }
    return saturating_add(last, 1);
}

std::int64_t ArgSpec::storage_bytes() const noexcept { return bytes(dtype, extent()); }

std::string_view to_string(Distribution distribution) noexcept {
    switch (distribution) {
    case Distribution::normal:
        return "normal";
    case Distribution::wide_range:
        return "wide_range";
    case Distribution::same_sign:
        return "same_sign";
    case Distribution::adversarial:
        return "adversarial";
    }
    return "unknown distribution";
}

std::optional<double> Operation::probe(const Problem& /*problem*/,
                                       std::span<const HostTensor> /*args*/,
                                       std::span<const HostTensor> /*outputs*/,
                                       std::uint64_t /*seed*/) const {
    return std::nullopt;
}

} // namespace hone
