#include "mutant.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <regex>
#include <sstream>

namespace hone::emu::test {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

bool contains(const std::string& line, std::string_view what) {
    return line.find(what) != std::string::npos;
}

bool is_synchronisation(const std::string& line) {
    static constexpr std::array known{"bar.sync",      "barrier.sync",    "bar.warp.sync",
                                      "cp.async.wait", "cp.async.commit", "membar",
                                      "fence."};
    return std::any_of(known.begin(), known.end(),
                       [&](const char* name) { return contains(line, name); });
}

// Guard, opcode, operands of an instruction that stands alone on its line.
struct Parts {
    std::string guard, opcode, operands;
};
std::optional<Parts> parts_of(const std::string& line) {
    static const std::regex shape(R"(^\s*(@!?%\w+\s+)?([a-z][\w.:]*)\s+(.*;)\s*$)");
    std::smatch found;
    if (!std::regex_match(line, found, shape)) return std::nullopt;
    return Parts{found[1], found[2], found[3]};
}

std::string other_number(const std::string& number, std::mt19937_64& random) {
    if (number.starts_with("0f")) {
        const auto bits = static_cast<u32>(std::stoul(number.substr(2), nullptr, 16));
        const u32 other = bits == 0      ? 0x3F800000u
                          : random() & 1 ? bits ^ 0x80000000u
                                         : bits + 0x00800000u;
        return fmt::format("0f{:08X}", other);
    }
    const s64 value = std::stoll(number);
    const std::array choices{value + 1, value - 1, 2 * value + 16, value / 2};
    for (;;)
        if (const s64 other = choices[random() % choices.size()]; other != value)
            return std::to_string(other);
}

// Both instructions in one scope: the unchanged one into a register of its own.
std::string probe_of(const std::string& before, const std::string& after) {
    const auto old = parts_of(before), changed = parts_of(after);
    static const std::regex first(R"(^(%[a-z]+)\d+(?=,))");
    std::smatch to;
    if (!old || !changed || !std::regex_search(old->operands, to, first)) return {};
    const std::string prefix = to[1], name = to[0];
    static constexpr std::array skipped{"ld", "atom", "shfl", "ldmatrix", "mma", "bar"};
    const std::string opcode = old->opcode.substr(0, old->opcode.find('.'));
    if (std::find(skipped.begin(), skipped.end(), opcode) != skipped.end()) return {};
    const bool predicate = prefix == "%p";
    const char* type = prefix == "%rs" ? "b16" : prefix == "%rd" || prefix == "%fd" ? "b64" : "b32";
    std::string text =
        fmt::format("{{ .reg .{} hone_old; .reg .pred hone_differs; ", predicate ? "pred" : type);
    text += "mov.pred hone_differs, 0; ";
    text +=
        fmt::format("{}{} hone_old{} ", old->guard, old->opcode, old->operands.substr(name.size()));
    text += fmt::format("{}{} {} ", changed->guard, changed->opcode, changed->operands);
    text += predicate
                ? fmt::format("{}xor.pred hone_differs, hone_old, {}; ", old->guard, name)
                : fmt::format("{}setp.ne.{} hone_differs, hone_old, {}; ", old->guard, type, name);
    return text + "@hone_differs trap; }";
}

} // namespace

std::string with_line(const std::string& ptx, std::size_t line, const std::string& instead) {
    std::size_t begin = 0;
    for (; line > 0; --line) begin = ptx.find('\n', begin) + 1;
    return ptx.substr(0, begin) + instead + ptx.substr(ptx.find('\n', begin));
}

std::string source_of(const std::string& ptx, std::size_t line) {
    static const std::regex place(R"(^\s*\.loc\s+(\d+)\s+(\d+))"),
        file(R"(^\s*\.file\s+(\d+)\s+\"([^\"]*/)?([^\"/]+)\")");
    const std::vector<std::string> lines = lines_of(ptx);
    std::smatch at, name;
    for (std::size_t i = std::min(line, lines.size() - 1); i > 0; --i) {
        if (!std::regex_search(lines[i], at, place)) continue;
        for (const std::string& each : lines)
            if (std::regex_search(each, name, file) && name[1] == at[1])
                return fmt::format("{}:{}", name[3].str(), at[2].str());
        return {};
    }
    return {};
}

std::vector<Mutant> without_synchronisation(const std::string& ptx, const std::set<u32>& executed) {
    const std::vector<std::string> lines = lines_of(ptx);
    std::vector<Mutant> mutants;
    for (std::size_t i = 0; i < lines.size(); ++i)
        if (executed.contains(static_cast<u32>(i + 1)) && is_synchronisation(lines[i]))
            mutants.push_back({i, lines[i], "", ""});
    return mutants;
}

std::vector<Mutant> with_other_numbers(const std::string& ptx, const std::set<u32>& executed,
                                       std::mt19937_64& random) {
    static const std::regex number(R"((^|[^\w%.$])(0f[0-9A-F]{8}|-?\d+)(?![\w.]))");
    const std::vector<std::string> lines = lines_of(ptx);
    std::vector<Mutant> mutants;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (!executed.contains(static_cast<u32>(i + 1))) continue;
        const auto parts = parts_of(lines[i]);
        if (!parts || parts->opcode.starts_with("bar")) continue;
        const std::size_t start = lines[i].size() - parts->operands.size();
        const std::string operands = lines[i].substr(start);
        for (std::sregex_iterator at(operands.begin(), operands.end(), number), end; at != end;
             ++at) {
            const std::size_t where = start + static_cast<std::size_t>(at->position(2));
            std::string after = lines[i];
            after.replace(where, static_cast<std::size_t>(at->length(2)),
                          other_number((*at)[2], random));
            mutants.push_back({i, lines[i], after, probe_of(lines[i], after)});
        }
    }
    return mutants;
}

} // namespace hone::emu::test
