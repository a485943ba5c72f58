#include "report/text.hpp"

#include <fmt/format.h>

namespace hone::emu {

std::string hex(u64 value) { return fmt::format("{:#x}", value); }

std::string thread_name(int warp, int lane) {
    return fmt::format("thread {} (warp {}, lane {})", warp * lanes + lane, warp, lane);
}

std::string lanes_text(LaneMask mask) {
    if (mask == all_lanes) return "all lanes";
    std::string text;
    for (int first = 0; first < lanes; ++first) {
        if (!(mask >> first & 1)) continue;
        int last = first;
        while (last + 1 < lanes && (mask >> (last + 1) & 1)) ++last;
        text += text.empty() ? (first == last ? "lane " : "lanes ") : ", ";
        text += first == last ? fmt::format("{}", first) : fmt::format("{}-{}", first, last);
        first = last;
    }
    return text.empty() ? "no lane" : text;
}

} // namespace hone::emu
