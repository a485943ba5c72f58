// Layouts that B can be prepared in, once for all m: "packed:cpu-nr32/1" and
// "packed:cpu-nr32-pairs/1".
//
// Panels of NR columns of op(B), the last one filled up with zeros, one after the other; in a
// panel, the NR elements of each step of k side by side, in B's type. With pairs, two steps of k
// are one: element 2p of a column, then element 2p + 1, both bf16, zero beyond k.
#pragma once

#include "hone/gemm.hpp"
#include "hone/program.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hone::gemm_cpu {

struct PackedLayout {
    std::int64_t nr = 0; // columns of a panel
    bool pairs = false;

    // Nothing for other texts.
    [[nodiscard]] static std::optional<PackedLayout> parse(std::string_view b_layout);
    [[nodiscard]] std::string name() const; // without "packed:"
    // Of all of B, of any extents.
    [[nodiscard]] Extent bytes(const Gemm& gemm) const;
};

} // namespace hone::gemm_cpu
