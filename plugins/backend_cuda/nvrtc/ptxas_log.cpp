#include "nvrtc/ptxas_log.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace hone::cuda {
namespace {

template <typename Visit> void for_each_line(std::string_view text, Visit&& visit) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        visit(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

// The number that stands before `unit`, as in "Used 21 registers"; 0 when there is none.
std::int64_t number_before(std::string_view line, std::string_view unit) {
    const std::size_t at = line.find(unit);
    if (at == std::string_view::npos) return 0;
    std::size_t begin = at;
    while (begin > 0 && std::isdigit(static_cast<unsigned char>(line[begin - 1]))) --begin;
    std::int64_t value = 0;
    (void)std::from_chars(line.data() + begin, line.data() + at, value);
    return value;
}

// "(C7510)": a code of the 75xx group.
bool has_wgmma_code(std::string_view line) {
    for (std::size_t at = 0; (at = line.find("C75", at)) != std::string_view::npos; ++at) {
        const std::string_view digits = line.substr(at + 3, 2);
        if (digits.size() == 2 && std::isdigit(static_cast<unsigned char>(digits[0])) &&
            std::isdigit(static_cast<unsigned char>(digits[1])))
            return true;
    }
    return false;
}

} // namespace

Resources resources_in(std::string_view log) {
    Resources most;
    for_each_line(log, [&](std::string_view line) {
        const auto raise = [&](auto& to, std::string_view unit) {
            using Value = std::remove_reference_t<decltype(to)>;
            to = std::max(to, static_cast<Value>(number_before(line, unit)));
        };
        raise(most.registers, " registers");
        raise(most.stack_bytes, " bytes stack frame");
        raise(most.spill_bytes, " bytes spill stores");
        raise(most.spill_bytes, " bytes spill loads");
        raise(most.shared_bytes, " bytes smem");
    });
    return most;
}

std::string spoiled_by_ptxas(std::string_view log) {
    std::string found;
    for_each_line(log, [&](std::string_view line) {
        if (!found.empty()) return;
        const bool ignored = line.find("setmaxnreg") != std::string_view::npos &&
                             line.find("ignored") != std::string_view::npos;
        if (ignored || has_wgmma_code(line)) found = line;
    });
    return found;
}

} // namespace hone::cuda
