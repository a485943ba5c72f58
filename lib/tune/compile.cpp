// hone compile: candidates through the compiler, with no device.
#include "hone/compile.hpp"

#include "hone/error.hpp"
#include "hone/winner.hpp"
#include "lib/device/binary_bundle.hpp"
#include "lib/tune/keeper.hpp"
#include "lib/tune/pairs.hpp"
#include "lib/tune/prune.hpp"
#include "lib/tune/shard.hpp"
#include "lib/tune/sitting.hpp"
#include "lib/tune/trials.hpp"
#include "lib/worker/compile_pool.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <system_error>
#include <thread>

namespace hone {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::minutes bundle_interval{1};

// The bundle in the making.
class BundleFile final {
  public:
    BundleFile(const CompileOptions& options, const Backend& backend) : options_(options) {
        bundle_.backend = backend.name();
        bundle_.compiler = backend.compiler_identity();
        bundle_.minimum_driver = minimum_driver(bundle_.compiler);
        std::error_code ignored;
        if (!options.bundle.empty() && std::filesystem::exists(options.bundle, ignored))
            bundle_.merge(BinaryBundle::read(options.bundle));
    }

    [[nodiscard]] bool has_all(const Program& program, const std::string& arch,
                               std::vector<Binary>& binaries) const {
        binaries.clear();
        for (const Module& module : program.modules) {
            if (module.kind != Module::Kind::source) {
                binaries.emplace_back();
                continue;
            }
            const Binary* binary = bundle_.get(module, arch);
            if (!binary) return false;
            binaries.push_back(*binary);
        }
        return true;
    }

    void add(const Candidate& candidate, const std::string& arch) {
        if (options_.bundle.empty()) return;
        const auto& modules = candidate.executable.program.modules;
        for (std::size_t i = 0; i < modules.size(); ++i) {
            if (modules[i].kind != Module::Kind::source) continue;
            bundle_.put(modules[i], arch, candidate.executable.binaries[i]);
            changed_ = true;
        }
        if (Clock::now() - written_ > bundle_interval) write();
    }

    void write() {
        if (options_.bundle.empty() || !changed_) return;
        bundle_.write(options_.bundle, options_.signing_seed);
        changed_ = false;
        written_ = Clock::now();
    }

  private:
    // "nvrtc 13.0": its machine code loads into drivers of that major version on.
    static std::int64_t minimum_driver(const std::string& compiler) {
        constexpr std::string_view nvrtc = "nvrtc ";
        if (!compiler.starts_with(nvrtc)) return 0;
        return std::stoll(compiler.substr(nvrtc.size())) * 1000;
    }

    const CompileOptions& options_;
    BinaryBundle bundle_;
    bool changed_ = false;
    Clock::time_point written_ = Clock::now();
};

class Precompiler final {
  public:
    Precompiler(const Registry& registry, const Options& options, const DeviceModel& device,
                std::span<Store* const> stores, const CompileOptions& compile_options,
                Observer& observer)
        : registry_(registry), backend_(registry.backend(device.backend)), device_(device),
          options_(compile_options), observer_(observer), jobs_(worker_count(compile_options.jobs)),
          pool_(options, backend_, device, BinaryCache::of(options), jobs_,
                CompileLimits{.seconds = compile_options.compile_seconds}),
          keeper_(stores, observer), bundle_(compile_options, backend_) {}

    void compile(const WorkloadItem& item, const std::string& text, Progress& progress,
                 std::vector<CompiledCandidate>& results) {
        std::deque<Candidate> left = candidates_of(item, text);
        const std::size_t in_flight = static_cast<std::size_t>(jobs_) * 4;
        while (!stopped() && (!left.empty() || !compiling_.empty())) {
            for (; !left.empty() && compiling_.size() < in_flight; left.pop_front()) {
                Candidate& candidate = left.front();
                std::vector<Binary>& binaries = candidate.executable.binaries;
                const bool ready =
                    candidate.outcome != Outcome::ok ||
                    bundle_.has_all(candidate.executable.program, device_.arch, binaries);
                if (ready)
                    finish(candidate, 0, text, progress, results);
                else
                    submit(std::move(candidate));
            }
            take_compiled(text, progress, results);
        }
        pool_.cancel();
        compiling_.clear();
    }

    void write_bundle() { bundle_.write(); }
    [[nodiscard]] bool stopped() const noexcept { return options_.stop && options_.stop->load(); }

  private:
    // A candidate whose modules are with the workers.
    struct Compiling {
        Candidate candidate;
        std::size_t left = 0; // modules not back yet
        double seconds = 0;
    };
    // Tickets name a candidate and one of its modules.
    static constexpr std::uint64_t most_modules = 1024;

    void submit(Candidate candidate) {
        const std::vector<Module>& modules = candidate.executable.program.modules;
        candidate.executable.binaries.assign(modules.size(), {});
        const std::uint64_t number = next_++;
        for (std::size_t i = 0; i < modules.size(); ++i)
            pool_.submit(number * most_modules + i, modules[i]);
        const std::size_t left = modules.size();
        compiling_[number] = {std::move(candidate), left, 0};
    }

    void take_compiled(const std::string& text, Progress& progress,
                       std::vector<CompiledCandidate>& results) {
        // Short, so that a signal's flag is seen; jobs have their own deadlines.
        constexpr double poll_seconds = 0.2;
        for (Compiled& compiled : pool_.wait(poll_seconds)) {
            const auto found = compiling_.find(compiled.ticket / most_modules);
            if (found == compiling_.end()) continue;
            Compiling& compiling = found->second;
            Candidate& candidate = compiling.candidate;
            candidate.executable.binaries[compiled.ticket % most_modules] =
                std::move(compiled.result.binary);
            compiling.seconds += compiled.seconds;
            if (compiled.result.outcome != Outcome::ok && candidate.outcome == Outcome::ok) {
                candidate.outcome = compiled.result.outcome;
                candidate.log = std::move(compiled.result.log);
            }
            if (--compiling.left > 0) continue;
            finish(candidate, compiling.seconds, text, progress, results);
            compiling_.erase(found);
        }
    }

    void finish(const Candidate& candidate, double seconds, const std::string& text,
                Progress& progress, std::vector<CompiledCandidate>& results) {
        CompiledCandidate result;
        result.problem = text;
        result.arch = device_.arch;
        result.family = candidate.family->name();
        result.config = candidate.config.canonical_text();
        result.outcome = candidate.outcome;
        result.detail = candidate.log;
        result.program = candidate.program;
        result.seconds = seconds;
        if (result.outcome == Outcome::ok) {
            const Executable& executable = candidate.executable;
            result.resources = resources_of(executable.program, executable.binaries);
            result.detail = objection(executable.program, executable.binaries, device_,
                                      options_.most_spill_bytes);
            if (!result.detail.empty()) result.outcome = Outcome::skipped;
            if (result.outcome == Outcome::ok) bundle_.add(candidate, device_.arch);
        }
        ++progress.trials;
        progress.failed += result.outcome != Outcome::ok;
        Fact fact;
        fact.family = result.family;
        fact.config = result.config;
        fact.outcome = result.outcome;
        results.push_back(std::move(result));
        observer_.on_trial(fact, progress);
    }

    std::vector<const KernelFamily*> families_of(const WorkloadItem& item,
                                                 const std::string& text) {
        std::vector<const KernelFamily*> families;
        std::string refusals;
        for (const KernelFamily* family : registry_.families()) {
            if (family->operation() != item.operation->name() ||
                family->backend() != device_.backend || family->vendor())
                continue;
            if (const auto& wanted = options_.families;
                !wanted.empty() &&
                std::find(wanted.begin(), wanted.end(), family->name()) == wanted.end())
                continue;
            const Support support = family->supports(item.problem, device_);
            if (support.yes)
                families.push_back(family);
            else
                refusals += "; " + family->name() + ": " + support.reason;
        }
        if (families.empty())
            observer_.on_warning(text + ": no family compiles it for " + device_.arch + refusals);
        std::sort(families.begin(), families.end(),
                  [](const auto* a, const auto* b) { return a->name() < b->name(); });
        return families;
    }

    std::deque<Candidate> candidates_of(const WorkloadItem& item, const std::string& text) {
        std::deque<Candidate> candidates;
        const auto add = [&](const KernelFamily& family, const Config& config) {
            const std::string key = canonical_text(item.operation->schema(), item.problem) + ' ' +
                                    family.name() + ' ' + config.canonical_text();
            if (in_shard(key, options_.shard))
                candidates.push_back(emit_candidate(family, item.problem, config, device_));
        };
        const auto families = families_of(item, text);
        if (options_.winners) {
            add_winner(item, text, families, add);
            return candidates;
        }
        for (const KernelFamily* family : families)
            for (const Config& config : configs_of(*family, item)) add(*family, config);
        return candidates;
    }

    std::vector<Config> configs_of(const KernelFamily& family, const WorkloadItem& item) {
        const SearchSpace space = family.space(item.problem, device_);
        std::vector<Config> configs;
        if (options_.sample) {
            for (const ConfigIndex index : covering_sample(space, *options_.sample, options_.seed))
                configs.push_back(space.config(index));
        } else if (const auto count = space.legal_count()) {
            for (std::uint64_t i = 0; i < *count; ++i)
                configs.push_back(space.config(space.nth(i)));
        } else {
            throw Error(Errc::usage,
                        "family " + family.name() + " has more configs than can be listed",
                        "give --sample N to compile N of them that cover pairs of values");
        }
        // Tuning and serving start from these.
        std::vector<Config> wanted = family.seeds(item.problem, device_);
        if (auto fallback = family.fallback(item.problem, device_))
            wanted.push_back(std::move(*fallback));
        for (Config& config : wanted)
            if (std::find(configs.begin(), configs.end(), config) == configs.end())
                configs.push_back(std::move(config));
        return configs;
    }

    template <typename Add>
    void add_winner(const WorkloadItem& item, const std::string& text,
                    const std::vector<const KernelFamily*>& families, const Add& add) {
        std::vector<Fact> facts = keeper_.facts(
            canonical_text(item.operation->schema(), item.problem), canonical_text(device_));
        std::erase_if(facts, [&](const Fact& fact) {
            return std::none_of(families.begin(), families.end(), [&](const auto* family) {
                return family->name() == fact.family &&
                       static_cast<std::uint32_t>(family->revision()) == fact.revision;
            });
        });
        const Verdict verdict = winner(facts, item.contract);
        if (!verdict.winner) {
            observer_.on_warning(text + ": the stores name no winner for " + device_.name);
            return;
        }
        for (const KernelFamily* family : families)
            if (family->name() == verdict.winner->family)
                add(*family, Config::parse(verdict.winner->config));
    }

    const Registry& registry_;
    const Backend& backend_;
    const DeviceModel& device_;
    const CompileOptions& options_;
    Observer& observer_;
    const int jobs_;
    CompilePool pool_;
    std::map<std::uint64_t, Compiling> compiling_;
    std::uint64_t next_ = 0;
    FactKeeper keeper_;
    BundleFile bundle_;
};

} // namespace

std::vector<CompiledCandidate> compile(const Registry& registry, const Options& options,
                                       const Workload& workload, const DeviceModel& device,
                                       std::span<Store* const> stores,
                                       const CompileOptions& compile_options, Observer& observer) {
    for (const std::string& family : compile_options.families) (void)registry.family(family);
    Precompiler precompiler(registry, options, device, stores, compile_options, observer);
    std::vector<CompiledCandidate> results;
    int number = 0;
    for (const WorkloadItem& item : workload.items) {
        if (precompiler.stopped()) break;
        const std::string text = short_text(item.operation->schema(), item.problem);
        Progress progress;
        progress.problem = text;
        progress.item = ++number;
        progress.items = static_cast<int>(workload.items.size());
        observer.on_problem(text, progress.item, progress.items);
        precompiler.compile(item, text, progress, results);
    }
    precompiler.write_bundle();
    return results;
}

} // namespace hone
