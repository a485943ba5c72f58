#include "lib/cli/context.hpp"

#include "cache/user_store.hpp"
#include "hone/error.hpp"
#include "lib/cli/record_reader.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <map>
#include <unistd.h>
#include <utility>

namespace hone::cli {

Format Common::output_format() const {
    if (const auto parsed = parse_format(format)) return *parsed;
    throw Error(Errc::usage, "--format " + format + ": no such format",
                "choose one of " + std::string(format_names));
}

ProgressPrinter::Detail Common::progress_detail() const noexcept {
    if (quiet) return ProgressPrinter::Detail::quiet;
    return verbose ? ProgressPrinter::Detail::verbose : ProgressPrinter::Detail::normal;
}

void add_target(CLI::App& app, Target& target) {
    app.add_option(
           "workload", target.workloads,
           "workload files (*.toml) or problem texts such as 'gemm m=64 n=4096 k=4096 a=f32'")
        ->required()
        ->configurable(false)
        ->type_name("WORK.toml|TEXT");
    app.add_option("--device", target.device, "cpu[:THREADS], cuda[:INDEX], emu:ARCH or all")
        ->envname("HONE_DEVICE")
        ->capture_default_str();
}

Workload read_workloads(const std::vector<std::string>& arguments, const Registry& registry) {
    Workload all;
    for (const std::string& argument : arguments) {
        const std::filesystem::path path(argument);
        std::error_code ignored;
        if (path.extension() == ".toml" || std::filesystem::exists(path, ignored)) {
            Workload read = load_workload(path, registry.operations());
            if (all.name.empty()) all.name = read.name;
            if (all.phase.empty()) all.phase = read.phase;
            all.items.insert(all.items.end(), std::make_move_iterator(read.items.begin()),
                             std::make_move_iterator(read.items.end()));
        } else {
            all.items.push_back(parse_problem(argument, registry.operations()));
        }
    }
    if (all.items.empty())
        throw Error(Errc::workload, "the workload has no problems",
                    "add a table such as [[gemm]] with m, n and k");
    return all;
}

std::vector<Device> devices_of(const Registry& registry, const std::string& spec) {
    std::vector<Device> devices = registry.devices(spec);
    if (devices.empty())
        throw Error(Errc::unavailable, "--device " + spec + ": this machine has no such device",
                    "`hone doctor` says what is missing, `hone list devices` what there is");
    return devices;
}

std::vector<std::unique_ptr<Store>> open_stores(const Registry& registry, const Common& common) {
    for (const std::string& warning : common.environment.warnings) print_warning(warning);
    std::vector<std::string> urls = common.stores;
    if (urls.empty()) urls = common.environment.stores;
    std::vector<std::unique_ptr<Store>> stores;
    if (!urls.empty()) {
        for (const std::string& url : urls)
            stores.push_back(registry.open_store(url, print_warning));
        return stores;
    }
    const std::string url = cache::user_store_url(common.environment);
    if (url.empty()) {
        print_warning(
            "no folder for the user store; set HONE_CACHE_DIR to one that can be written");
        return stores;
    }
    try {
        stores.push_back(registry.open_store(url, print_warning));
    } catch (const Error& error) {
        print_warning(std::string(error.what()) +
                      (error.hint().empty() ? "" : " (" + error.hint() + ")"));
    }
    return stores;
}

std::vector<Store*> pointers(const std::vector<std::unique_ptr<Store>>& stores) {
    std::vector<Store*> result;
    result.reserve(stores.size());
    for (const auto& store : stores) result.push_back(store.get());
    return result;
}

Fact find_fact(const std::vector<std::unique_ptr<Store>>& stores, const std::string& id) {
    constexpr std::size_t least_digits = 8;
    if (id.size() < least_digits)
        throw Error(Errc::usage, "--fact " + id + ": at least 8 digits of an id are needed",
                    "`hone show --command` and `hone show --format json` print ids");
    std::map<Digest, Fact> found;
    for (const auto& store : stores)
        for_each_page(*store, [&](std::span<const Record> page) {
            for (const Record& record : page)
                if (hex(record.id).starts_with(id))
                    if (Decoded decoded = decode(record); decoded.fact)
                        found.try_emplace(record.id, std::move(*decoded.fact));
        });
    if (found.size() == 1) return std::move(found.begin()->second);
    throw Error(Errc::usage,
                "--fact " + id + (found.empty() ? ": no such fact" : ": several facts begin so"),
                found.empty() ? "is it in another store? name it with --store"
                              : "give more digits");
}

TuneReport on_devices(const Common& common, const Target& target, const OnDevice& each) {
    const Registry registry(common.environment);
    const Workload workload = read_workloads(target.workloads, registry);
    const auto stores = open_stores(registry, common);
    const std::vector<Store*> store_list = pointers(stores);
    ProgressPrinter printer(common.progress_detail(), isatty(STDERR_FILENO) != 0);
    TuneReport all;
    for (const Device& device : devices_of(registry, target.device)) {
        TuneReport report = each(registry, workload, device, store_list, printer);
        all.kept = all.kept && report.kept;
        all.interrupted = all.interrupted || report.interrupted;
        all.results.insert(all.results.end(), std::make_move_iterator(report.results.begin()),
                           std::make_move_iterator(report.results.end()));
        if (all.interrupted) break;
    }
    return all;
}

Limits parse_budget(const std::string& text) {
    const auto fail = [&](const std::string& part) {
        throw Error(
            Errc::usage, "--budget " + text + ": \"" + part + "\" is no budget",
            "write a time such as 90s, 10m or 1h30m, trials such as 500t, or both: 10m,500t");
    };
    Limits limits;
    std::size_t begin = 0;
    while (begin <= text.size()) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        const std::string part = text.substr(begin, end - begin);
        begin = end + 1;
        if (part.empty()) fail(part);
        double seconds = 0;
        const char* at = part.data();
        const char* const stop = part.data() + part.size();
        while (at != stop) {
            double number = 0;
            const auto [unit, status] = std::from_chars(at, stop, number, std::chars_format::fixed);
            if (status != std::errc{} || unit == stop || !(number >= 0) || number > 1e9) fail(part);
            at = unit + 1;
            switch (*unit) {
            case 's':
                seconds += number;
                break;
            case 'm':
                seconds += 60 * number;
                break;
            case 'h':
                seconds += 3600 * number;
                break;
            case 't':
                if (at != stop || seconds > 0 || number < 1 || number != std::floor(number))
                    fail(part);
                limits.trials = static_cast<std::int64_t>(number);
                break;
            default:
                fail(part);
            }
        }
        if (part.back() == 't') continue;
        if (!(seconds > 0)) fail(part);
        limits.seconds = seconds;
    }
    return limits;
}

std::pair<int, int> parse_shard(const std::string& text) {
    int index = 0, count = 0;
    const char* const end = text.data() + text.size();
    const auto first = std::from_chars(text.data(), end, index);
    if (first.ec == std::errc{} && first.ptr != end && *first.ptr == '/') {
        const auto second = std::from_chars(first.ptr + 1, end, count);
        if (second.ec == std::errc{} && second.ptr == end && index >= 0 && index < count)
            return {index, count};
    }
    throw Error(Errc::usage, "--shard " + text + ": expected i/n with 0 <= i < n",
                "for the third of eight machines write --shard 2/8");
}

} // namespace hone::cli
