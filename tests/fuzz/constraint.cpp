// Any text as a constraint: refused with a workload error, or a space whose points agree on which
// of them it allows.

#include "hone/error.hpp"
#include "hone/space.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

using namespace hone;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const std::vector<Parameter> parameters = {
        {"a", {std::int64_t{0}, std::int64_t{-3}, std::int64_t{16}}},
        {"b", {0.5, 2.0}},
        {"c", {std::string("nt"), std::string("nn")}},
        {"d", {std::int64_t{1}, std::string("auto")}}};
    const std::string text(reinterpret_cast<const char*>(data), size);
    try {
        const SearchSpace space(parameters, {Constraint::expression(text)});
        std::uint64_t legal = 0;
        for (std::uint64_t i = 0; i < space.raw_count(); ++i) {
            if (space.legal({i}) != space.broken_constraint({i}).empty()) std::abort();
            legal += space.legal({i});
        }
        if (space.legal_count() != legal) std::abort();
    } catch (const Error& error) {
        if (error.code() != Errc::workload) std::abort();
    }
    return 0;
}
