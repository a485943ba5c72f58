#include "packed_layout.hpp"

#include <charconv>

namespace hone::gemm_cpu {

std::optional<PackedLayout> PackedLayout::parse(std::string_view b_layout) {
    constexpr std::string_view prefix = "packed:", begin = "cpu-nr";
    if (!b_layout.starts_with(prefix)) return std::nullopt;
    b_layout.remove_prefix(prefix.size());
    PackedLayout layout;
    if (!b_layout.starts_with(begin)) return std::nullopt;
    const char* const digits = b_layout.data() + begin.size();
    const auto number = std::from_chars(digits, b_layout.data() + b_layout.size(), layout.nr);
    if (number.ec != std::errc{}) return std::nullopt;
    const std::string_view rest =
        b_layout.substr(static_cast<std::size_t>(number.ptr - b_layout.data()));
    layout.pairs = rest == "-pairs/1";
    // Other spellings of a number would be other names of one layout.
    if (layout.nr < 1 || layout.name() != b_layout) return std::nullopt;
    return layout;
}

std::string PackedLayout::name() const {
    return "cpu-nr" + std::to_string(nr) + (pairs ? "-pairs/1" : "/1");
}

Extent PackedLayout::bytes(const Gemm& gemm) const {
    return {nr * (pairs ? 4 : hone::bytes(gemm.b, 1)),
            {{Gemm::n_dim, nr}, {Gemm::k_dim, pairs ? 2 : 1}, {Gemm::batch_dim, 1}}};
}

} // namespace hone::gemm_cpu
