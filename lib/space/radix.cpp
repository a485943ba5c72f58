#include "lib/space/radix.hpp"

#include "hone/error.hpp"

#include <fmt/format.h>

#include <limits>

namespace hone::space {

Radix::Radix(std::span<const Parameter> parameters)
    : strides_(parameters.size()), sizes_(parameters.size()) {
    constexpr std::uint64_t most = std::uint64_t{1} << 63;
    for (std::size_t p = parameters.size(); p-- > 0;) {
        const std::uint64_t size = parameters[p].values.size();
        if (size > std::numeric_limits<std::uint32_t>::max() || count_ > most / size)
            throw Error(Errc::workload,
                        fmt::format("a search space of {} parameters has more than 2^63 points",
                                    parameters.size()),
                        "give fewer values, or fix some parameters");
        strides_[p] = count_;
        sizes_[p] = static_cast<std::uint32_t>(size);
        count_ *= size;
    }
}

} // namespace hone::space
