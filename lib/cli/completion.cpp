#include "lib/cli/verbs.hpp"

#include <fmt/format.h>

#include <iostream>

namespace hone::cli {

namespace {

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
    return text;
}

std::vector<std::string> verb_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; }))
        names.push_back(verb->get_name());
    return names;
}

std::string options_of(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::Option* option : app.get_options())
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    return joined(names);
}

// Inside single quotes, where two characters are special.
std::string fish_text(const std::string& text) {
    std::string quoted;
    for (const char c : text) {
        if (c == '\'' || c == '\\') quoted += '\\';
        quoted += c == '\n' ? ' ' : c;
    }
    return quoted;
}

// Words are looked up in the application itself, so that they can never be out of date.
void print_bash(const CLI::App& root) {
    std::cout << "_hone() {\n"
                 "    local verb=${COMP_WORDS[1]} word=${COMP_WORDS[COMP_CWORD]} words\n"
                 "    case $verb in\n";
    for (const CLI::App* verb : root.get_subcommands([](const CLI::App*) { return true; }))
        std::cout << fmt::format("    {}) words=\"{} {} {}\" ;;\n", verb->get_name(),
                                 options_of(*verb), options_of(root), joined(verb_names(*verb)));
    std::cout << fmt::format("    *) words=\"{} {}\" ;;\n", joined(verb_names(root)),
                             options_of(root))
              << "    esac\n"
                 "    [ \"$COMP_CWORD\" = 1 ] && words=\""
              << joined(verb_names(root)) << ' ' << options_of(root)
              << "\"\n"
                 "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
                 "}\n"
                 "complete -o default -F _hone hone\n";
}

void print_fish(const CLI::App& root) {
    const auto print_options = [](const CLI::App& app, const std::string& when) {
        for (const CLI::Option* option : app.get_options())
            for (const std::string& name : option->get_lnames())
                std::cout << fmt::format("complete -c hone{} -l {} -d '{}'{}\n", when, name,
                                         fish_text(option->get_description()),
                                         option->get_expected_max() > 0 ? " -r" : "");
    };
    print_options(root, "");
    for (const CLI::App* verb : root.get_subcommands([](const CLI::App*) { return true; })) {
        std::cout << fmt::format("complete -c hone -n __fish_use_subcommand -a {} -d '{}'\n",
                                 verb->get_name(), fish_text(verb->get_description()));
        const std::string when =
            fmt::format(" -n '__fish_seen_subcommand_from {}'", verb->get_name());
        print_options(*verb, when);
        for (const std::string& name : verb_names(*verb))
            std::cout << fmt::format("complete -c hone{} -a {}\n", when, name);
    }
}

} // namespace

Verb add_completion(CLI::App& root, const Common& common) {
    (void)common;
    CLI::App* app = root.add_subcommand("completion", "words for the shell's completion");
    const auto shell = std::make_shared<std::string>();
    app->add_option("shell", *shell, "bash, zsh or fish")
        ->required()
        ->configurable(false)
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
    return {app, [&root, shell] {
                if (*shell == "fish") {
                    print_fish(root);
                    return 0;
                }
                // zsh runs bash's completion functions after bashcompinit.
                if (*shell == "zsh")
                    std::cout << "autoload -U +X compinit && compinit\n"
                                 "autoload -U +X bashcompinit && bashcompinit\n";
                print_bash(root);
                return 0;
            }};
}

} // namespace hone::cli
