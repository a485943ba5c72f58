#include "hone/compile.hpp"

#include "hone/error.hpp"
#include "hone/known_gpus.hpp"
#include "lib/cli/interrupt.hpp"
#include "lib/cli/progress.hpp"
#include "lib/cli/usage.hpp"
#include "lib/cli/verbs.hpp"
#include "lib/report/compiling.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <unistd.h>

namespace hone::cli {

namespace {

struct CompileArguments {
    std::vector<std::string> workloads, archs, models;
    std::string shard, key_file, bundle;
    std::int64_t sample = 0;
    CompileOptions options;
};

DeviceModel model_of_arch(const std::string& arch) {
    if (auto model = known_gpu(arch)) return std::move(*model);
    std::string known;
    for (const DeviceModel& gpu : known_gpus())
        if (known.find(gpu.arch) == std::string::npos)
            known += (known.empty() ? "" : ", ") + gpu.arch;
    throw Error(Errc::usage, "--arch " + arch + ": no device of that architecture is known",
                "known are " + known + "; --model takes a file of `hone doctor --export-device`");
}

// A file with a device model on each line, or the name of a GPU that hone knows.
std::vector<DeviceModel> models_of(const std::string& text) {
    std::error_code ignored;
    if (!std::filesystem::exists(text, ignored)) {
        if (auto model = known_gpu(text)) return {std::move(*model)};
        throw Error(Errc::usage,
                    "--model " + text + ": no such file, and no GPU of that name is known",
                    "`hone doctor --export-device` writes such a file");
    }
    std::ifstream file(text);
    std::vector<DeviceModel> models;
    for (std::string line; std::getline(file, line);)
        if (!line.empty()) models.push_back(parse_device_model(line));
    if (models.empty()) throw Error(Errc::workload, text + ": holds no device model");
    return models;
}

std::vector<DeviceModel> models_of(const CompileArguments& arguments) {
    std::vector<DeviceModel> devices;
    for (const std::string& arch : arguments.archs) devices.push_back(model_of_arch(arch));
    for (const std::string& text : arguments.models)
        for (DeviceModel& model : models_of(text)) devices.push_back(std::move(model));
    if (devices.empty())
        throw Error(Errc::usage, "nothing says what to compile for",
                    "give --arch sm_80,sm_90a or --model FILE");
    return devices;
}

std::string read_seed(const std::string& path) {
    std::ifstream file(path);
    std::string seed;
    if (!(file >> seed)) throw Error(Errc::usage, "--sign " + path + ": cannot be read");
    return seed;
}

int compile_devices(const Common& common, CompileArguments& arguments) {
    CompileOptions& options = arguments.options;
    if (arguments.sample > 0) options.sample = arguments.sample;
    if (!arguments.shard.empty()) {
        const auto [index, count] = parse_shard(arguments.shard);
        options.shard = {.index = index, .count = count};
    }
    if (!arguments.key_file.empty()) options.signing_seed = read_seed(arguments.key_file);
    options.bundle = arguments.bundle;
    options.stop = common.stop;
    const Registry registry(common.environment);
    const Workload workload = read_workloads(arguments.workloads, registry);
    const std::vector<DeviceModel> devices = models_of(arguments);
    std::vector<std::unique_ptr<Store>> stores;
    if (options.winners) stores = open_stores(registry, common);
    const std::vector<Store*> store_list = pointers(stores);
    ProgressPrinter printer(common.progress_detail(), isatty(STDERR_FILENO) != 0);
    std::vector<CompiledCandidate> all;
    for (const DeviceModel& device : devices) {
        std::vector<CompiledCandidate> results =
            compile(registry, common.environment, workload, device, store_list, options, printer);
        all.insert(all.end(), std::make_move_iterator(results.begin()),
                   std::make_move_iterator(results.end()));
    }
    write(std::cout, compile_document(all), common.output_format());
    if (const int code = interrupt_code()) return code;
    const bool some = std::any_of(all.begin(), all.end(), [](const CompiledCandidate& result) {
        return result.outcome == Outcome::ok;
    });
    return some ? 0 : exit_code(Errc::no_candidate);
}

} // namespace

Verb add_compile(CLI::App& root, const Common& common) {
    CLI::App* app = root.add_subcommand(
        "compile", "candidates through the compiler, with no device; writes a binary bundle");
    const auto arguments = std::make_shared<CompileArguments>();
    CompileOptions& options = arguments->options;
    app->add_option(
           "workload", arguments->workloads,
           "workload files (*.toml) or problem texts such as 'gemm m=64 n=4096 k=4096 a=f32'")
        ->required()
        ->configurable(false)
        ->type_name("WORK.toml|TEXT");
    app->add_option("--arch", arguments->archs, "architectures, such as sm_80,sm_90a")
        ->delimiter(',')
        ->allow_extra_args(false);
    app->add_option("--model", arguments->models,
                    "file of `hone doctor --export-device`, or the name of a known GPU")
        ->allow_extra_args(false);
    app->add_option("--family", options.families, "only these kernel families")
        ->allow_extra_args(false);
    CLI::Option* sample =
        app->add_option("--sample", arguments->sample,
                        "that many configs, covering pairs of parameter values (default: all)")
            ->check(above_zero());
    app->add_flag("--winners", options.winners, "only what the stores name as winner")
        ->excludes(sample);
    app->add_option("-o,--bundle", arguments->bundle,
                    "write compiled programs to this file; what it has already is kept");
    app->add_option("--sign", arguments->key_file,
                    "file with the seed of an Ed25519 key (64 hexadecimal digits) to sign it with");
    app->add_option("--most-spill", options.most_spill_bytes,
                    "bytes a thread may spill before its kernel is pruned")
        ->check(at_least_zero())
        ->capture_default_str();
    app->add_option("--shard", arguments->shard, "i/n: only the i-th of n parts, from 0");
    app->add_option("--jobs", options.jobs, "compile workers (default: one per core)")
        ->check(CLI::Range(1, 1024))
        ->envname("HONE_JOBS");
    app->add_option("--seed", options.seed, "of the sample")->capture_default_str();
    app->add_option("--compile-seconds", options.compile_seconds, "limit of one compile")
        ->check(above_zero())
        ->capture_default_str();
    return {app, [&common, arguments] { return compile_devices(common, *arguments); }};
}

} // namespace hone::cli
