// What every verb of the command line starts from.
#pragma once

#include "hone/observer.hpp"
#include "hone/options.hpp"
#include "hone/registry.hpp"
#include "hone/tuner.hpp"
#include "hone/workload.hpp"
#include "lib/cli/progress.hpp"
#include "lib/report/document.hpp"

#include <CLI/CLI.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace hone::cli {

// Options of all verbs.
struct Common {
    Options environment;
    std::string format = "table";
    std::vector<std::string> stores;
    bool verbose = false;
    bool quiet = false;
    const std::atomic<bool>* stop = nullptr;

    // Throws Error(usage).
    [[nodiscard]] Format output_format() const;
    [[nodiscard]] ProgressPrinter::Detail progress_detail() const noexcept;
};

// A verb adds itself to the application; what it returns runs when it was chosen, and gives the
// exit code.
using Action = std::function<int()>;
struct Verb {
    CLI::App* app = nullptr;
    Action run;
};

// Options shared by the verbs that work on problems on a device.
struct Target {
    std::vector<std::string> workloads; // files or problem texts
    std::string device = "cpu";
};
void add_target(CLI::App& app, Target& target);

// Files (a name that ends in .toml, or that exists) and problem texts, in order; several become one
// workload. Throws Error(workload), Error(usage) when there is none.
[[nodiscard]] Workload read_workloads(const std::vector<std::string>& arguments,
                                      const Registry& registry);
// Devices named by --device, at least one; throws Error(unavailable).
[[nodiscard]] std::vector<Device> devices_of(const Registry& registry, const std::string& spec);

// The stores of --store, else of $HONE_STORE, else the user store. One that cannot be opened is a
// warning when it is the user store, and throws Error(unavailable) when it was named.
[[nodiscard]] std::vector<std::unique_ptr<Store>> open_stores(const Registry& registry,
                                                              const Common& common);
[[nodiscard]] std::vector<Store*> pointers(const std::vector<std::unique_ptr<Store>>& stores);
// Of one fact in the stores, by its id or at least 8 digits of it. Throws Error(usage) when it
// names none or several.
[[nodiscard]] Fact find_fact(const std::vector<std::unique_ptr<Store>>& stores,
                             const std::string& id);
// Calls `each` for every device of the target, one after another, until one is interrupted; the
// report is that of all.
using OnDevice = std::function<TuneReport(const Registry&, const Workload&, const Device&,
                                          std::span<Store* const>, Observer&)>;
[[nodiscard]] TuneReport on_devices(const Common& common, const Target& target,
                                    const OnDevice& each);

// "10m", "90s", "1h30m", "500t", or several with commas. Throws Error(usage).
struct Limits {
    std::optional<double> seconds;
    std::optional<std::int64_t> trials;
};
[[nodiscard]] Limits parse_budget(const std::string& text);
// "2/8": shard 2 of 8, counted from 0. Throws Error(usage).
[[nodiscard]] std::pair<int, int> parse_shard(const std::string& text);

} // namespace hone::cli
