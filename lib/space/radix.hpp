// Mixed-radix arithmetic of raw points: parameter 0 varies slowest.
#pragma once

#include "hone/space.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace hone::space {

class Radix final {
  public:
    Radix() = default;
    // Throws Error(workload) when there are more than 2^63 raw points.
    explicit Radix(std::span<const Parameter> parameters);

    [[nodiscard]] std::size_t parameters() const noexcept { return strides_.size(); }
    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    [[nodiscard]] std::uint64_t stride(std::size_t parameter) const { return strides_[parameter]; }
    [[nodiscard]] std::uint32_t size(std::size_t parameter) const { return sizes_[parameter]; }
    [[nodiscard]] std::uint32_t digit(std::uint64_t index, std::size_t parameter) const {
        return static_cast<std::uint32_t>(index / strides_[parameter] % sizes_[parameter]);
    }
    void digits(std::uint64_t index, std::span<std::uint32_t> out) const {
        for (std::size_t p = strides_.size(); p-- > 0; index /= sizes_[p])
            out[p] = static_cast<std::uint32_t>(index % sizes_[p]);
    }
    [[nodiscard]] std::uint64_t index(std::span<const std::uint32_t> digits) const {
        std::uint64_t index = 0;
        for (std::size_t p = 0; p < strides_.size(); ++p) index += digits[p] * strides_[p];
        return index;
    }

  private:
    std::vector<std::uint64_t> strides_;
    std::vector<std::uint32_t> sizes_;
    std::uint64_t count_ = 1;
};

} // namespace hone::space
