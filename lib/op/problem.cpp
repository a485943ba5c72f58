#include "hone/problem.hpp"

#include "hone/error.hpp"

#include <xxhash.h>

#include <algorithm>

namespace hone {

Name::Name(std::string_view text) {
    if (text.size() > capacity) {
        throw Error(Errc::workload, "\"" + std::string(text) + "\" is longer than " +
                                        std::to_string(capacity) + " bytes");
    }
    const auto in_order = [](char c) { return c > ' ' && c <= '~' && c != '='; };
    if (!std::all_of(text.begin(), text.end(), in_order)) {
        throw Error(Errc::workload,
                    "a name consists of printable ASCII characters other than space and '='");
    }
    std::copy(text.begin(), text.end(), bytes_.begin());
}

std::uint64_t hash(const Problem& problem) noexcept {
    return XXH3_64bits(&problem, sizeof(problem));
}

} // namespace hone
