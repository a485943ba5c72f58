#include "module_text.hpp"

#include <algorithm>
#include <optional>
#include <sstream>
#include <utility>

namespace fake {
namespace {

// One line, taken apart word by word.
class Line {
  public:
    explicit Line(const std::string& text) : in_(text) {}

    std::string word() {
        std::string word;
        in_ >> word;
        return word;
    }
    template <class Number> bool number(Number& out) {
        return static_cast<bool>(in_ >> out) && out >= Number{0};
    }
    std::string rest() {
        std::string rest;
        std::getline(in_ >> std::ws, rest);
        return rest;
    }
    bool ended() { return (in_ >> std::ws).eof(); }

  private:
    std::istringstream in_;
};

std::optional<Behaviour> behaviour_named(std::string_view word) {
    static constexpr std::pair<std::string_view, Behaviour> table[] = {
        {"ok", Behaviour::ok},
        {"wrong", Behaviour::wrong},
        {"nan", Behaviour::nan},
        {"oob", Behaviour::oob},
        {"illegal_access", Behaviour::illegal_access},
        {"assert", Behaviour::assertion},
        {"crash", Behaviour::crash},
        {"hang", Behaviour::hang},
        {"oom", Behaviour::oom},
    };
    for (const auto& [name, behaviour] : table) {
        if (name == word) return behaviour;
    }
    return std::nullopt;
}

// What was expected, or nothing.
std::string read_behaviour(Line& line, ModuleText& module, KernelText& kernel) {
    const std::string word = line.word();
    if (const auto behaviour = behaviour_named(word)) {
        kernel.behaviour = *behaviour;
    } else if (word == "slow") {
        if (!line.number(kernel.slow_us)) return "slow MICROSECONDS";
    } else if (word == "spill") {
        if (!line.number(module.spill_bytes)) return "spill BYTES";
    } else if (word == "compile_fail") {
        module.compiling = CompileBehaviour::fail;
        module.compile_log = line.rest();
    } else if (word == "compile_crash") {
        module.compiling = CompileBehaviour::crash;
    } else if (word == "compile_hang") {
        module.compiling = CompileBehaviour::hang;
    } else if (word == "compile_oom") {
        module.compiling = CompileBehaviour::oom;
    } else {
        return "a known behaviour";
    }
    return {};
}

std::string read_compute(Line& line, KernelText& kernel) {
    const std::string word = line.word();
    if (word == "none") {
        kernel.compute = Compute::none;
    } else if (word == "gemm") {
        kernel.compute = Compute::gemm;
    } else if (word == "copy") {
        kernel.compute = Compute::copy;
    } else {
        return "compute none, gemm or copy";
    }
    return {};
}

std::string read_line(Line& line, const std::string& word, ModuleText& module,
                      KernelText*& kernel) {
    if (word == "kernel") {
        std::string name = line.word();
        if (name.empty()) return "kernel NAME";
        kernel = &module.kernels.emplace(std::move(name), module.every).first->second;
    } else if (word == "params") {
        kernel->params.clear();
        while (!line.ended()) kernel->params.push_back(line.word());
    } else if (word == "compute") {
        return read_compute(line, *kernel);
    } else if (word == "tile") {
        if (!line.number(kernel->tile_rows) || !line.number(kernel->tile_columns))
            return "tile ROWS COLUMNS";
    } else if (word == "time") {
        if (!line.number(kernel->time_us)) return "time MICROSECONDS";
    } else if (word == "noise") {
        if (!line.number(kernel->noise_percent)) return "noise PERCENT [SEED]";
        if (!line.ended() && !line.number(kernel->noise_seed)) return "noise PERCENT [SEED]";
    } else if (word == "after") {
        if (!line.number(kernel->after)) return "after LAUNCHES";
    } else if (word == "behave") {
        return read_behaviour(line, module, *kernel);
    } else {
        return "a known word";
    }
    return {};
}

} // namespace

int KernelText::parameter(std::string_view name) const noexcept {
    const auto found = std::ranges::find(params, name);
    return found == params.end() ? -1 : static_cast<int>(found - params.begin());
}

const KernelText* ModuleText::kernel(std::string_view name) const noexcept {
    if (kernels.empty()) return &every;
    const auto found = kernels.find(name);
    return found == kernels.end() ? nullptr : &found->second;
}

Parsed parse(std::string_view text) {
    Parsed parsed;
    KernelText* kernel = &parsed.module.every;
    std::istringstream lines{std::string(text)};
    std::string line_text;
    for (int number = 1; std::getline(lines, line_text); ++number) {
        Line line(line_text);
        const std::string word = line.word();
        if (word.empty() || word.front() == '#') continue;
        std::string expected = read_line(line, word, parsed.module, kernel);
        if (expected.empty() && !line.ended()) expected = "nothing more on this line";
        if (expected.empty()) continue;
        parsed.error = std::to_string(number) + ": expected " + expected + ": " + line_text;
        break;
    }
    return parsed;
}

} // namespace fake
