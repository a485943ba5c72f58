#include "lib/cli/usage.hpp"

#include "lib/base/nearest.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>
#include <vector>

namespace hone::cli {

namespace {

template <typename Allowed> CLI::Validator number(const char* wanted, Allowed allowed) {
    return {[=](std::string& text) {
                double value = 0;
                const char* const end = text.data() + text.size();
                const auto [rest, status] = std::from_chars(text.data(), end, value);
                const bool read = status == std::errc{} && rest == end && std::isfinite(value);
                if (read && allowed(value)) return std::string();
                return std::string("must be ") + wanted + ", got \"" + text + "\"";
            },
            wanted};
}

void add_options(const CLI::App& app, std::vector<std::string>& names) {
    for (const CLI::Option* option : app.get_options())
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
}

// Whichever near name is found is one; "known are" would list dozens.
std::string suggestion(std::string_view word, const std::vector<std::string>& names) {
    if (std::find(names.begin(), names.end(), word) != names.end()) return {};
    const std::string near = base::nearest(word, names);
    return near.empty() ? near : "did you mean " + near + "?";
}

} // namespace

CLI::Validator above_zero() {
    return number("a number above 0", [](double value) { return value > 0; });
}

CLI::Validator at_least_zero() {
    return number("a number of at least 0", [](double value) { return value >= 0; });
}

std::string usage_hint(const CLI::App& root, int argc, const char* const* argv) {
    std::vector<std::string> verbs, options;
    add_options(root, options);
    const CLI::App* chosen = nullptr;
    for (const CLI::App* verb : root.get_subcommands([](const CLI::App*) { return true; })) {
        verbs.push_back(verb->get_name());
        if (argc > 1 && verb->get_name() == argv[1]) chosen = verb;
    }
    if (chosen) add_options(*chosen, options);

    std::string hint;
    if (argc > 1 && argv[1][0] != '-') hint = suggestion(argv[1], verbs);
    for (int i = 1; i < argc && hint.empty(); ++i) {
        const std::string_view word = argv[i];
        if (word.starts_with("--")) hint = suggestion(word.substr(0, word.find('=')), options);
    }
    if (!hint.empty()) return hint;
    return std::string("`hone ") + (chosen ? chosen->get_name() + " " : "") +
           "--help` lists what there is";
}

} // namespace hone::cli
