// hone: the command line. Results on stdout, everything else on stderr; exit codes are those of
// DESIGN's table (docs/cli.md).
#include "hone/error.hpp"
#include "hone/version.hpp"
#include "lib/cli/config_file.hpp"
#include "lib/cli/interrupt.hpp"
#include "lib/cli/usage.hpp"
#include "lib/cli/verbs.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

namespace hone::cli {

namespace {

constexpr int usage_code = 2;

void print_error(const std::string& what, const std::string& hint) {
    fmt::print(stderr, "hone: {}\n", what);
    if (!hint.empty()) fmt::print(stderr, "      {}\n", hint);
}

int run(int argc, char** argv) {
    CLI::App root{"finds, proves, remembers and serves the fastest correct GEMM and attention "
                  "kernels for this machine",
                  "hone"};
    root.require_subcommand(1);
    root.set_version_flag("--version", std::string("hone ") + version());
    root.fallthrough();

    Common common;
    common.environment = Options::from_env();
    std::string config_file;
    std::vector<std::string> plugin_folders;
    root.add_option("--config", config_file, "TOML file with options, as a table per verb")
        ->envname("HONE_CONFIG")
        ->configurable(false);
    root.add_option("--format", common.format, "table, json, jsonl, csv or md")
        ->envname("HONE_FORMAT")
        ->capture_default_str();
    root.add_option("--store", common.stores,
                    "store URL such as sqlite:/path; repeat for several (default: the user store)")
        ->allow_extra_args(false);
    root.add_option(
            "--plugin-path", plugin_folders,
            "folder of plugins, or of kernels described by a kernel.toml; repeat for several")
        ->allow_extra_args(false)
        ->check(CLI::ExistingDirectory);
    root.add_flag("-v,--verbose", common.verbose, "a line for every trial");
    root.add_flag("-q,--quiet", common.quiet, "only warnings and errors on stderr");

    std::vector<Verb> verbs;
    for (const auto add : {add_tune, add_bench, add_verify, add_compile, add_emu, add_show,
                           add_cache, add_list, add_replay, add_doctor, add_completion})
        verbs.push_back(add(root, common));

    try {
        root.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        // Help and version are no errors: CLI11 prints them to stdout.
        if (error.get_exit_code() == 0) return root.exit(error);
        print_error(error.what(), usage_hint(root, argc, argv));
        return usage_code;
    }
    for (const Verb& verb : verbs) {
        if (!verb.app->parsed()) continue;
        if (!config_file.empty()) apply_config_file(config_file, root, *verb.app);
        for (const std::string& folder : plugin_folders)
            common.environment.plugin_folders.push_back(std::filesystem::absolute(folder));
        (void)common.output_format(); // a wrong format is refused before hours of work
        common.stop = &watch_interrupts();
        return verb.run();
    }
    return usage_code;
}

} // namespace

} // namespace hone::cli

int main(int argc, char** argv) {
    try {
        return hone::cli::run(argc, argv);
    } catch (const hone::Error& error) {
        hone::cli::print_error(error.what(), error.hint());
        return hone::exit_code(error.code());
    } catch (const std::exception& error) {
        hone::cli::print_error(std::string("internal error: ") + error.what(), {});
        return hone::exit_code(hone::Errc::internal);
    }
}
