#include "lib/cli/config_file.hpp"

#include "hone/error.hpp"
#include "lib/base/nearest.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <string>
#include <string_view>
#include <vector>

namespace hone::cli {

namespace {

std::string at(const std::filesystem::path& file, const toml::source_region& source) {
    return fmt::format("{}:{}:{}: ", file.string(), source.begin.line, source.begin.column);
}

std::vector<std::string> option_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::Option* option : app.get_options())
        if (option->get_configurable() && !option->get_lnames().empty())
            names.push_back(option->get_lnames().front());
    return names;
}

CLI::Option* find_option(CLI::App& app, std::string_view key) {
    CLI::Option* option = app.get_option_no_throw("--" + std::string(key));
    return option && option->get_configurable() ? option : nullptr;
}

bool some_verb_has(CLI::App& root, std::string_view key) {
    for (CLI::App* verb : root.get_subcommands([](CLI::App*) { return true; }))
        if (find_option(*verb, key)) return true;
    return false;
}

[[noreturn]] void unknown(const std::string& where, std::string_view key,
                          const std::vector<std::string>& known) {
    throw Error(Errc::workload, fmt::format("{}unknown option \"{}\"", where, key),
                base::nearest_hint(key, known));
}

std::string scalar_text(const std::string& where, std::string_view key, const toml::node& node) {
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* integer = node.as_integer()) return fmt::format("{}", integer->get());
    if (const auto* real = node.as_floating_point()) return fmt::format("{}", real->get());
    if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
    throw Error(Errc::workload,
                fmt::format("{}{} must be a text, a number, true or false", where, key));
}

void fill(const std::filesystem::path& file, CLI::Option& option, std::string_view key,
          const toml::node& node) {
    if (option.count() > 0) return; // the command line or the environment spoke
    const std::string where = at(file, node.source());
    std::vector<std::string> values;
    if (const auto* array = node.as_array())
        for (const toml::node& entry : *array)
            values.push_back(scalar_text(at(file, entry.source()), key, entry));
    else
        values.push_back(scalar_text(where, key, node));
    try {
        option.add_result(std::move(values));
        option.run_callback();
    } catch (const CLI::Error& error) {
        throw Error(Errc::workload, fmt::format("{}{}: {}", where, key, error.what()));
    }
}

void apply_table(const std::filesystem::path& file, const toml::table& table, CLI::App& root,
                 CLI::App& verb, bool chosen) {
    for (const auto& [key, node] : table) {
        const std::string where = at(file, node.source());
        CLI::Option* option = find_option(verb, key.str());
        if (!option) option = find_option(root, key.str());
        if (!option) unknown(where, key.str(), option_names(verb));
        if (chosen) fill(file, *option, key.str(), node);
    }
}

} // namespace

void apply_config_file(const std::filesystem::path& file, CLI::App& root, CLI::App& verb) {
    toml::table document;
    try {
        document = toml::parse_file(file.string());
    } catch (const toml::parse_error& error) {
        throw Error(Errc::workload, at(file, error.source()) + std::string(error.description()));
    }
    for (const auto& [key, node] : document) {
        const std::string where = at(file, node.source());
        if (const auto* table = node.as_table()) {
            CLI::App* named = nullptr;
            std::vector<std::string> verbs;
            for (CLI::App* known : root.get_subcommands([](CLI::App*) { return true; })) {
                verbs.push_back(known->get_name());
                if (known->get_name() == key.str()) named = known;
            }
            if (!named) unknown(where, key.str(), verbs);
            apply_table(file, *table, root, *named, named == &verb);
            continue;
        }
        // At the top: for every verb that has it.
        CLI::Option* option = find_option(verb, key.str());
        if (!option) option = find_option(root, key.str());
        if (option) {
            fill(file, *option, key.str(), node);
        } else if (!some_verb_has(root, key.str())) {
            unknown(where, key.str(), option_names(verb));
        }
    }
}

} // namespace hone::cli
