// How many trials searches of the real gemm_cpu take on one thread of this CPU.
//
//   bench_search_cpu FOLDER [--seconds S]     makes the runs that FOLDER lacks, then judges
//
// A run is the tuner itself (compile and device workers, verification) with an empty store, ended
// after so many trials or seconds. FOLDER keeps what the runs measured, so that they can be made in
// pieces.
//
// Searches compare single screenings, which on a shared machine are up to twice the time of a quiet
// moment. To judge, the best configs of every run are timed again, each time beside one config that
// is the same throughout: a run is within reach of the best from its first trial that is by these
// times. Runs of number 0 only add to what the best is chosen from.
#include "bench/cpu_contest.hpp"
#include "cache/memory_store.hpp"
#include "hone/error.hpp"
#include "hone/tuner.hpp"
#include "hone/winner.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>
#include <fstream>
#include <map>
#include <set>

using namespace hone;

namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;

constexpr const char* family_name = "gemm_cpu";

// The family without its first guesses: what a search must do where nobody guessed well.
class Unseeded final : public KernelFamily {
  public:
    explicit Unseeded(const KernelFamily& family) : family_(family) {}

    [[nodiscard]] std::string name() const override { return "gemm_cpu_unseeded"; }
    [[nodiscard]] int revision() const override { return family_.revision(); }
    [[nodiscard]] std::string operation() const override { return family_.operation(); }
    [[nodiscard]] std::string backend() const override { return family_.backend(); }
    [[nodiscard]] Support supports(const Problem& problem,
                                   const DeviceModel& device) const override {
        return family_.supports(problem, device);
    }
    [[nodiscard]] SearchSpace space(const Problem& problem,
                                    const DeviceModel& device) const override {
        return family_.space(problem, device);
    }
    [[nodiscard]] std::optional<Config> fallback(const Problem&,
                                                 const DeviceModel&) const override {
        return std::nullopt;
    }
    [[nodiscard]] StaticDims static_dims(const Problem& problem) const override {
        return family_.static_dims(problem);
    }
    [[nodiscard]] Program emit(const Problem& problem, const Config& config,
                               const DeviceModel& device) const override {
        return family_.emit(problem, config, device);
    }
    [[nodiscard]] std::vector<std::pair<std::string, double>>
    features(const Problem& problem, const Config& config,
             const DeviceModel& device) const override {
        return family_.features(problem, config, device);
    }

  private:
    const KernelFamily& family_;
};

struct Run {
    std::string problem, search, seeds; // seeds: "seeded" or "unseeded"
    std::uint64_t seed = 0;

    [[nodiscard]] std::filesystem::path file(const std::filesystem::path& folder) const {
        std::string name = fmt::format("{}-{}-{}-{}.jsonl", problem, seeds, search, seed);
        std::replace(name.begin(), name.end(), ' ', '_');
        return folder / name;
    }
};

struct Tried {
    std::string config;
    double ns = 0; // 0: failed, not exact enough, or only known to be slow
};

// Keeps the trials of a search and ends it after so many.
class Recorder final : public Observer {
  public:
    Recorder(const Contract& contract, std::int64_t trials, double seconds)
        : contract_(contract), most_(trials), seconds_(seconds) {}

    void on_trial(const Fact& fact, const Progress&) override {
        if (fact.stage != Stage::screen || ended.load()) return;
        Standing standing;
        standing.total_error = fact.total_error;
        standing.plain_error = fact.plain_error;
        standing.workspace_bytes = fact.workspace_bytes;
        const bool ok = fact.outcome == Outcome::ok && allows(contract_, standing);
        tried.push_back({fact.config, ok ? static_cast<double>(fact.time.median_ps) * 1e-3 : 0});
        const std::chrono::duration<double> gone = Clock::now() - begin_;
        if (static_cast<std::int64_t>(tried.size()) >= most_ || gone.count() > seconds_)
            ended = true;
    }
    void on_warning(std::string_view text) override { fmt::print(stderr, "{}\n", text); }

    std::vector<Tried> tried;
    std::atomic<bool> ended = false;

  private:
    const Contract& contract_;
    const std::int64_t most_;
    const double seconds_;
    const Clock::time_point begin_ = Clock::now();
};

struct Bench {
    const Options options = Options::from_env();
    const Registry plugins{options};
    const KernelFamily& family = plugins.family(family_name);
    const Registry registry{options, with_unseeded(family)};
    const Device device = registry.devices("cpu:1").at(0);
    std::filesystem::path folder;
    std::int64_t trials = 200;
    double run_seconds = 50;

    static PluginContents with_unseeded(const KernelFamily& family) {
        PluginContents contents;
        contents.families.push_back(std::make_unique<Unseeded>(family));
        return contents;
    }

    [[nodiscard]] WorkloadItem item(const std::string& problem) const {
        return parse_problem(problem, registry.operations());
    }

    void make(const Run& run) const {
        Workload workload;
        workload.items.push_back(item(run.problem));
        cache::MemoryStore store;
        Store* const stores[] = {&store};
        Recorder recorder(workload.items.front().contract, trials, run_seconds);
        TuneOptions tune_options;
        tune_options.search = run.search;
        tune_options.seed = run.seed;
        tune_options.families = {run.seeds == "seeded" ? family_name : "gemm_cpu_unseeded"};
        tune_options.budget.trials = trials;
        tune_options.stop = &recorder.ended;
        const auto begin = Clock::now();
        (void)tune(registry, options, workload, device, stores, tune_options, recorder);
        const std::chrono::duration<double> took = Clock::now() - begin;
        const auto count = recorder.tried.size();
        fmt::print("{} {} {} {}: {} trials, {:.1f} a second\n", run.problem, run.seeds, run.search,
                   run.seed, count, static_cast<double>(count) / took.count());
        std::fflush(stdout);
        std::ofstream file(run.file(folder));
        for (const Tried& tried : recorder.tried)
            file << Json{{"config", tried.config}, {"ns", tried.ns}}.dump() << '\n';
    }

    [[nodiscard]] std::vector<Tried> read(const Run& run) const {
        std::vector<Tried> tried;
        std::ifstream file(run.file(folder));
        for (std::string line; std::getline(file, line);) {
            const Json json = Json::parse(line);
            tried.push_back({json.at("config").get<std::string>(), json.at("ns").get<double>()});
        }
        return tried;
    }
};

// What the best configs of all runs take, as a share of what one config takes at the same moment.
// All in one process: in another one the operands lie elsewhere, which moves the share.
class TimedAgain final {
  public:
    TimedAgain(const Bench& bench, const std::string& problem)
        : bench_(bench), item_(bench.item(problem)) {}

    // Those of each run that were the best as screened, and the best of those more often, until the
    // time is up. True when nothing is left.
    bool time(const std::vector<std::vector<Tried>>& runs, std::size_t most,
              Clock::time_point end) {
        constexpr std::size_t first_look = 3, closer_look = 9;
        constexpr double close = 1.08;
        std::set<std::string> wanted;
        for (std::vector<Tried> run : runs) {
            std::erase_if(run, [](const Tried& tried) { return tried.ns == 0; });
            std::sort(run.begin(), run.end(),
                      [](const Tried& a, const Tried& b) { return a.ns < b.ns; });
            for (std::size_t i = 0; i < std::min(most, run.size()); ++i)
                wanted.insert(run[i].config);
        }
        for (const std::string& config : wanted)
            if (!time(config, first_look, end)) return false;
        // The least of many first looks is luck in part: what a closer look passes over may be
        // best.
        for (bool settled = false; !settled;) {
            settled = true;
            const double best = this->best();
            for (const auto& [config, shares] : std::map(shares_)) {
                if (shares.size() >= closer_look || timing::median(shares) > close * best) continue;
                if (!time(config, closer_look, end)) return false;
                settled = false;
            }
        }
        return true;
    }

    [[nodiscard]] std::size_t size() const { return shares_.size(); }
    [[nodiscard]] double best() const {
        double best = std::numeric_limits<double>::infinity();
        for (const auto& [config, shares] : shares_) best = std::min(best, timing::median(shares));
        return best;
    }
    // Nothing for a config that was not timed again.
    [[nodiscard]] std::optional<double> share(const std::string& config) const {
        const auto found = shares_.find(config);
        if (found == shares_.end()) return std::nullopt;
        return timing::median(found->second);
    }

  private:
    [[nodiscard]] Program program(const Config& config) const {
        return bench_.family.emit(item_.problem, config, bench_.device.model);
    }

    bool time(const std::string& config, std::size_t rounds, Clock::time_point end) {
        std::vector<double>& shares = shares_[config];
        if (shares.size() >= rounds) return true;
        if (Clock::now() > end) return false;
        if (!contest_) {
            contest_.emplace(bench_.registry, "1");
            operands_.emplace(contest_->session(), *item_.operation, item_.problem);
            const DeviceModel& device = bench_.device.model;
            contest_->add(program(bench_.family.fallback(item_.problem, device).value()),
                          *operands_);
        }
        const std::size_t which = contest_->add(program(Config::parse(config)), *operands_);
        while (shares.size() < rounds) {
            const double other = contest_->time(0);
            shares.push_back(contest_->time(which) / other);
        }
        return true;
    }

    const Bench& bench_;
    const WorkloadItem item_;
    std::map<std::string, std::vector<double>> shares_;
    std::optional<timing::Contest> contest_;
    std::optional<timing::Operands> operands_;
};

// How far the best so far is behind the best of all, after a few numbers of trials.
std::string course(const std::vector<Tried>& tried, const TimedAgain& again) {
    std::string text;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t t = 0; t < tried.size(); ++t) {
        least = std::min(least, again.share(tried[t].config).value_or(least));
        for (const std::size_t shown : {5, 10, 25, 50, 100, 200})
            if (t + 1 == shown)
                text += std::isfinite(least)
                            ? fmt::format(" {:6.1f}", 100 * (least / again.best() - 1))
                            : "      -";
    }
    return text;
}

// The number of the first trial that is so near to the best; one more than all where none is.
std::size_t first_within(double reach, const std::vector<Tried>& tried, const TimedAgain& again) {
    const auto first = std::find_if(tried.begin(), tried.end(), [&](const Tried& one) {
        const auto share = again.share(one.config);
        return share && *share <= (1 + reach) * again.best();
    });
    return static_cast<std::size_t>(first - tried.begin()) + 1;
}

void judge(const Bench& bench, const std::string& problem, const std::vector<Run>& runs,
           const TimedAgain& again) {
    constexpr std::array reaches = {0.05, 0.03, 0.02, 0.01};
    fmt::print(
        "{}: {} configs timed again; trials to within 5, 3, 2, 1 % of the best | % behind it "
        "after 5, 10, 25, 50, 100, 200 trials\n",
        problem, again.size());
    std::map<std::string, std::array<std::vector<std::size_t>, reaches.size()>> until;
    for (const Run& run : runs) {
        const std::vector<Tried> tried = bench.read(run);
        std::string text;
        for (std::size_t i = 0; i < reaches.size(); ++i) {
            const std::size_t first = first_within(reaches[i], tried, again);
            const bool never = first > tried.size();
            text += fmt::format(" {}{:3}", never ? '>' : ' ', never ? tried.size() : first);
            if (run.seed != 0) until[run.seeds + " " + run.search][i].push_back(first);
        }
        fmt::print("  {:9} {:10} {}: {} |{}\n", run.seeds, run.search, run.seed, text,
                   course(tried, again));
    }
    for (auto& [kind, trials] : until) {
        fmt::print("  {:20} median", kind);
        for (std::vector<std::size_t>& some : trials) {
            std::sort(some.begin(), some.end());
            fmt::print(" {:4}", some[some.size() / 2]);
        }
        fmt::print("\n");
    }
    std::fflush(stdout);
}

} // namespace

int main(int argc, char** argv) try {
    Bench bench;
    std::string folder;
    std::vector<std::string> problems = {"gemm m=1024 n=1024 k=1024 a=f32",
                                         "gemm m=128 n=4096 k=4096 a=f32",
                                         "gemm m=8 n=4096 k=4096 a=f32"};
    std::vector<std::string> searches = {"portfolio", "local"}, seeds = {"seeded", "unseeded"};
    std::vector<std::uint64_t> numbers = {1, 2, 3};
    double seconds = 1e6;
    std::size_t most = 15;
    CLI::App app("trials that searches take on gemm of one CPU thread");
    app.add_option("folder", folder, "of what was measured")->required();
    app.add_option("--problems", problems)->delimiter(',');
    app.add_option("--search", searches)->delimiter(',');
    app.add_option("--seeds", seeds, "seeded: with the family's first guesses; unseeded: without")
        ->delimiter(',')
        ->check(CLI::IsMember({"seeded", "unseeded"}));
    app.add_option("--numbers", numbers, "seeds of the random numbers; 0: for reference")
        ->delimiter(',');
    app.add_option("--trials", bench.trials, "of each run");
    app.add_option("--run-seconds", bench.run_seconds, "of each run");
    app.add_option("--seconds", seconds, "of this piece: what is left is for the next");
    app.add_option("--again", most, "configs of each run to time again");
    CLI11_PARSE(app, argc, argv);
    bench.folder = folder;
    std::filesystem::create_directories(bench.folder);

    const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                        std::chrono::duration<double>(seconds));
    const auto room = end - std::chrono::duration<double>(bench.run_seconds);
    std::map<std::string, std::vector<Run>> made;
    bool complete = true;
    for (const std::uint64_t number : numbers)
        for (const std::string& kind : seeds)
            for (const std::string& problem : problems)
                for (const std::string& search : searches) {
                    const Run run{problem, search, kind, number};
                    if (!std::filesystem::exists(run.file(bench.folder))) {
                        complete = complete && Clock::now() < room;
                        if (!complete) continue;
                        bench.make(run);
                    }
                    made[problem].push_back(run);
                }
    for (const auto& [problem, runs] : made) {
        std::vector<std::vector<Tried>> all;
        for (const Run& run : runs) all.push_back(bench.read(run));
        TimedAgain again(bench, problem);
        complete = complete && again.time(all, most, end);
        if (complete) judge(bench, problem, runs, again);
    }
    if (!complete) fmt::print("not complete: another piece is left\n");
    return 0;
} catch (const Error& error) {
    fmt::print(stderr, "bench_search_cpu: {} {}\n", error.what(), error.hint());
    return exit_code(error.code());
} catch (const std::exception& error) {
    fmt::print(stderr, "bench_search_cpu: {}\n", error.what());
    return 1;
}
