// How hone's gemm on this CPU compares with the vendor libraries, f32 and no packed weights unless
// said: paired ratios (best vendor / hone, above 1 hone is faster), and the share of the FMA peak.
//
//   bench_gemm_cpu                      all rows, on 1 thread and on all
//   bench_gemm_cpu --tune 20            search 20 s for each problem first
//   bench_gemm_cpu --threads 1 --rows m=512,packed    rows whose text contains one of these
//   bench_gemm_cpu 'gemm m=64 n=64 k=64 a=f32' --config 'MR=8 NR=48'   other problems, more configs
//   bench_gemm_cpu --rows nn --budgets 60,600   what a short search misses of a long one
//   ONEDNN_MAX_CPU_ISA=AVX2 OPENBLAS_CORETYPE=Haswell BLIS_ARCH_TYPE=haswell bench_gemm_cpu --avx2
//
// What is timed is the winner that the user's store names, beside the fallback; without a winner,
// the best of the family's guesses. Every contender's result is checked by Freivalds' probe first.
// "B .. GB/s .. %": elements of B by the time, against the fastest of loops that only read B.
#include "bench/cpu_contest.hpp"
#include "hone/gemm.hpp"
#include "hone/tuner.hpp"
#include "hone/winner.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <span>
#include <thread>

using namespace hone;

namespace {

// One line of the table. Its rival: the vendor libraries, or hone itself on another problem.
struct Row {
    std::string table, problem, rival;
};

std::vector<Row> reach() {
    std::vector<Row> rows;
    for (const char* layout : {"nn", "nt"})
        for (const char* shape : {"m=1024 n=1024 k=1024", "m=2048 n=2048 k=2048",
                                  "m=1 n=4096 k=4096", "m=8 n=4096 k=4096", "m=128 n=4096 k=4096",
                                  "m=512 n=2112 k=7168", "m=1000 n=1000 k=37"})
            rows.push_back({"sgemm", fmt::format("gemm {} a=f32 layout={}", shape, layout), ""});
    // Against oneDNN's own packed format.
    for (const int m : {8, 32, 128, 512})
        rows.push_back({"packed",
                        fmt::format("gemm m={} n=4096 k=4096 a=f32 layout=nt "
                                    "b_layout=packed:cpu-nr48/1",
                                    m),
                        ""});
    // Against hone's own f32.
    for (const char* types : {"a=bf16", "a=f32 b=s8", "a=bf16 b=s8"})
        for (const int m : {1, 2, 4, 8}) {
            const auto problem = [&](const char* operands) {
                return fmt::format("gemm m={} n=4096 k=4096 {} layout=nt", m, operands);
            };
            rows.push_back({fmt::format("weights {}", types), problem(types), problem("a=f32")});
        }
    return rows;
}

class Quiet final : public Observer {
  public:
    void on_warning(std::string_view text) override { fmt::print(stderr, "{}\n", text); }
};

struct Bench {
    const Options options = Options::from_env();
    const Registry registry{options};
    std::vector<std::unique_ptr<Store>> stores;
    std::vector<std::string> configs; // more contenders
    double tune_seconds = 0, seconds = 6;
    std::vector<double> budgets; // of searches to compare, in seconds, ascending
    std::string search = "local";
    bool narrow = false; // without AVX-512

    [[nodiscard]] std::vector<Store*> store_list() const {
        std::vector<Store*> list;
        for (const auto& store : stores) list.push_back(store.get());
        return list;
    }
};

// The config that the facts name for hone's own family, first, then its guesses.
std::vector<std::pair<std::string, Config>> known_configs(const Bench& bench,
                                                          const WorkloadItem& item,
                                                          const Device& device,
                                                          const KernelFamily& family) {
    std::vector<Fact> facts;
    for (const auto& store : bench.stores) {
        const auto records = store->read(canonical_text(item.operation->schema(), item.problem),
                                         canonical_text(device.model));
        FactSet known = effective_facts(records);
        for (Fact& fact : known.facts)
            if (fact.family == family.name() &&
                fact.revision == static_cast<std::uint32_t>(family.revision()))
                facts.push_back(std::move(fact));
    }
    std::vector<std::pair<std::string, Config>> configs;
    const Verdict verdict = winner(facts, item.contract);
    if (verdict.winner) configs.emplace_back("*", Config::parse(verdict.winner->config));
    for (const Config& guess : family.seeds(item.problem, device.model))
        configs.emplace_back(" ", guess);
    return configs;
}

// The fastest of them in a few rounds.
std::pair<std::string, Config> best_known(const Bench& bench, const WorkloadItem& item,
                                          const std::string& threads, const KernelFamily& family) {
    timing::Contest contest(bench.registry, threads, bench.narrow);
    const timing::Operands operands(contest.session(), *item.operation, item.problem);
    const DeviceModel& model = contest.device().model;
    const auto configs = known_configs(bench, item, contest.device(), family);
    for (const auto& [mark, config] : configs)
        contest.add(family.emit(item.problem, config, model), operands);
    const auto times = contest.run(7, bench.seconds / 3);
    std::size_t best = 0;
    for (std::size_t i = 1; i < configs.size(); ++i)
        if (timing::median(times[i]) < timing::median(times[best])) best = i;
    return configs[best];
}

void search(const Bench& bench, const WorkloadItem& item, const Device& device) {
    Workload workload;
    workload.items.push_back(item);
    TuneOptions options;
    options.search = bench.search;
    options.budget.seconds = bench.tune_seconds;
    Quiet observer;
    const auto stores = bench.store_list();
    (void)tune(bench.registry, bench.options, workload, device, stores, options, observer);
}

// The best configs that one search knows when each of the budgets is spent.
class Milestones final : public Observer {
  public:
    explicit Milestones(std::span<const double> budgets)
        : budgets_(budgets), configs_(budgets.size()), trials_(budgets.size()) {}

    void on_trial(const Fact& fact, const Progress& progress) override {
        if (progress.best_ns > 0 && progress.best_ns != best_ns_) {
            best_ns_ = progress.best_ns;
            best_ = fact.config;
        }
        const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start_;
        for (std::size_t i = 0; i < budgets_.size(); ++i)
            if (spent.count() <= budgets_[i]) {
                configs_[i] = best_;
                trials_[i] = progress.trials;
            }
    }
    void on_warning(std::string_view text) override { fmt::print(stderr, "{}\n", text); }

    // Empty where nothing was right by then.
    [[nodiscard]] const std::vector<std::string>& configs() const { return configs_; }
    [[nodiscard]] const std::vector<std::int64_t>& trials() const { return trials_; }

  private:
    std::span<const double> budgets_;
    std::vector<std::string> configs_;
    std::vector<std::int64_t> trials_;
    std::string best_;
    double best_ns_ = 0;
    const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// One search, and an interleaved final between what it knew at each budget. Stores are neither read
// nor written.
void compare_budgets(const Bench& bench, const Row& row, int threads) {
    const KernelFamily& family = bench.registry.family("gemm_cpu");
    timing::Contest contest(bench.registry, std::to_string(threads), bench.narrow);
    const Device& device = contest.device();
    const WorkloadItem item = parse_problem(row.problem, bench.registry.operations());
    Workload workload;
    workload.items.push_back(item);
    TuneOptions options;
    options.search = bench.search;
    options.families = {family.name()};
    options.budget.seconds = bench.budgets.back();
    Milestones milestones(bench.budgets);
    const TuneReport report =
        tune(bench.registry, bench.options, workload, device, {}, options, milestones);

    const timing::Operands operands(contest.session(), *item.operation, item.problem);
    const auto add = [&](const std::string& config) {
        contest.add(family.emit(item.problem, Config::parse(config), device.model), operands);
    };
    std::vector<std::string> configs = milestones.configs();
    // The end of a search has a final of its own.
    if (const auto& winner = report.results.at(0).winner) configs.back() = winner->config;
    if (std::count(configs.begin(), configs.end(), "") > 0)
        throw std::runtime_error(row.problem + ": a budget ended without a result");
    for (const std::string& config : configs) add(config);
    const auto times = contest.run(101, bench.seconds);
    fmt::print("cpu:{} {}\n", threads, row.problem);
    for (std::size_t i = 0; i < configs.size(); ++i) {
        const auto ratio = timing::Ratio::of(times.back(), times[i]);
        fmt::print("    {:6.0f} s {:5} trials {:10.1f} us  {:6.3f} (>{:6.3f}) of the last  {}\n",
                   bench.budgets[i], milestones.trials()[i], timing::median(times[i]) * 1e6,
                   ratio.median, ratio.low, configs[i]);
    }
    std::fflush(stdout);
}

struct Line {
    double ratio = 0, low = 0, share = 0, fallback_loss = 0;
    std::string text;
};

Line measure(const Bench& bench, const Row& row, int threads) {
    const KernelFamily& family = bench.registry.family("gemm_cpu");
    timing::Contest contest(bench.registry, std::to_string(threads), bench.narrow);
    const Device& device = contest.device();
    const auto item_of = [&](const std::string& text) {
        return parse_problem(text, bench.registry.operations());
    };
    const WorkloadItem item = item_of(row.problem);
    if (bench.tune_seconds > 0) search(bench, item, device);

    const Operation& operation = *item.operation;
    timing::Operands operands(contest.session(), operation, item.problem);
    const timing::PeakLoop peak(device.model);
    std::vector<std::string> names;
    const auto add = [&](std::string name, const Program& program, bool vendor) {
        contest.add(program, operands, vendor);
        names.push_back(std::move(name));
    };
    add("peak", peak.program, false);
    const auto [mark, config] = best_known(bench, item, std::to_string(threads), family);
    add("hone", family.emit(item.problem, config, device.model), false);
    const Config fallback = family.fallback(item.problem, device.model).value();
    add("fallback", family.emit(item.problem, fallback, device.model), false);
    for (const std::string& text : bench.configs) {
        Config given = config;
        const Config changes = Config::parse(text);
        for (const auto& [name, value] : changes.values()) given.set(name, value);
        add(given.canonical_text(), family.emit(item.problem, given, device.model), false);
    }
    const std::int64_t b_bytes = operands.host[Gemm::b_arg].spec.storage_bytes();
    const std::size_t reads = names.size();
    for (const int streams : {1, 4})
        add(fmt::format("read {}", streams),
            timing::ReadLoop(device.model, Gemm::b_arg, b_bytes, streams).program, false);
    const std::size_t rivals = names.size();
    std::unique_ptr<timing::Operands> other;
    if (row.rival.empty()) {
        for (const KernelFamily* vendor : bench.registry.families())
            if (vendor->vendor() && vendor->operation() == "gemm" &&
                vendor->supports(item.problem, device.model).yes)
                add(vendor->name(), vendor->emit(item.problem, {}, device.model), true);
    } else {
        const WorkloadItem rival = item_of(row.rival);
        if (bench.tune_seconds > 0) search(bench, rival, device);
        other = std::make_unique<timing::Operands>(contest.session(), operation, rival.problem);
        const Config best = best_known(bench, rival, std::to_string(threads), family).second;
        contest.add(family.emit(rival.problem, best, device.model), *other);
        names.emplace_back("rival");
    }
    for (std::size_t i = 1; i < names.size() && (i < rivals || !other); ++i) {
        if (i >= reads && i < rivals) continue;
        operands.spoil(contest.session());
        contest.launch(i);
        const auto outputs = operands.outputs(contest.session());
        const auto residual = operation.probe(item.problem, operands.host, outputs, 7);
        if (residual && !(*residual < 10) && item.contract.max_error == 0)
            throw std::runtime_error(
                fmt::format("{}: {} is wrong: residual {}", row.problem, names[i], *residual));
    }

    const auto times = contest.run(31, bench.seconds);
    const auto time = [&](std::size_t i) { return timing::median(times[i]); };
    const double flops = operation.work(item.problem).flops;
    std::size_t best_rival = rivals;
    for (std::size_t i = rivals; i < names.size(); ++i)
        if (time(i) < time(best_rival)) best_rival = i;
    Line line;
    line.share = flops / time(1) / (peak.flops / time(0));
    line.fallback_loss = timing::Ratio::of(times[2], times[1]).median;
    const double read = static_cast<double>(b_bytes);
    const double bandwidth = read / std::min(time(reads), time(reads + 1));
    std::string others;
    for (std::size_t i = rivals; i < names.size(); ++i)
        others += fmt::format(" {} {:.1f}", names[i], flops / time(i) / 1e9);
    if (rivals < names.size()) {
        const auto ratio = timing::Ratio::of(times[best_rival], times[1]);
        line.ratio = ratio.median;
        line.low = ratio.low;
    }
    line.text = fmt::format("{:52} {} {:8.1f} GFLOP/s {:5.1f} % B {:5.1f} GB/s {:5.1f} % {:6.3f} "
                            "(>{:6.3f}) fallback {:5.2f} |{}",
                            row.problem, mark, flops / time(1) / 1e9, 100 * line.share,
                            read / time(1) / 1e9, 100 * read / time(1) / bandwidth, line.ratio,
                            line.low, line.fallback_loss, others);
    for (std::size_t i = 3; i < reads; ++i)
        line.text +=
            fmt::format("\n    {:6.3f} {}", timing::Ratio::of(times[1], times[i]).median, names[i]);
    return line;
}

} // namespace

int main(int argc, char** argv) try {
    Bench bench;
    std::vector<std::string> problems, filters, store_urls;
    std::vector<int> threads;
    CLI::App app("hone's gemm on CPUs against the vendor libraries");
    app.add_option("problems", problems, "instead of the rows of the table");
    app.add_option("--rows", filters, "rows whose text contains one of these")->delimiter(',');
    app.add_option("--threads", threads, "1 and all by default")->delimiter(',');
    app.add_option("--tune", bench.tune_seconds, "seconds of search for each problem");
    app.add_option("--search", bench.search, "strategy");
    app.add_option("--seconds", bench.seconds, "of measuring for each problem");
    app.add_option("--config", bench.configs, "more contenders: what differs from the winner")
        ->allow_extra_args(false);
    app.add_option("--budgets", bench.budgets,
                   "seconds: instead of the vendors, compare what one search knows after each")
        ->delimiter(',');
    app.add_flag("--avx2", bench.narrow, "as if the processor had no AVX-512");
    app.add_option("--store", store_urls, "stores to read and, with --tune, write")
        ->allow_extra_args(false);
    CLI11_PARSE(app, argc, argv);
    std::sort(bench.budgets.begin(), bench.budgets.end());
    if (store_urls.empty()) store_urls = bench.options.stores;
    if (store_urls.empty() && !bench.options.cache_folder.empty())
        store_urls.push_back("sqlite:" + (bench.options.cache_folder / "facts.sqlite").string());
    for (const std::string& url : store_urls)
        bench.stores.push_back(bench.registry.open_store(
            url, [](const std::string& text) { fmt::print(stderr, "{}\n", text); }));
    if (threads.empty())
        threads = {1, static_cast<int>(bench.registry.devices("cpu").front().model.cores)};

    std::vector<Row> rows;
    for (const std::string& problem : problems) rows.push_back({"given", problem, ""});
    if (rows.empty()) rows = reach();
    std::map<std::string, std::vector<double>> logarithms;
    std::vector<std::string> losses;
    for (const int count : threads)
        for (const Row& row : rows) {
            const auto chosen = [&](const std::string& part) {
                return (row.table + " " + row.problem).find(part) != std::string::npos;
            };
            if (!filters.empty() && std::none_of(filters.begin(), filters.end(), chosen)) continue;
            if (!bench.budgets.empty()) {
                compare_budgets(bench, row, count);
                continue;
            }
            const Line line = measure(bench, row, count);
            fmt::print("cpu:{} {}\n", count, line.text);
            std::fflush(stdout);
            if (line.ratio == 0) continue;
            logarithms[fmt::format("{} cpu:{}", row.table, count)].push_back(std::log(line.ratio));
            if (line.low < 1)
                losses.push_back(fmt::format("cpu:{} {} {:.3f} (> {:.3f})", count, row.problem,
                                             line.ratio, line.low));
        }
    for (const auto& [table, values] : logarithms) {
        double sum = 0;
        for (const double value : values) sum += value;
        fmt::print("{}: geometric mean {:.3f} of {}\n", table,
                   std::exp(sum / static_cast<double>(values.size())), values.size());
    }
    for (const std::string& loss : losses) fmt::print("not certainly faster: {}\n", loss);
    return 0;
} catch (const Error& error) {
    fmt::print(stderr, "bench_gemm_cpu: {} {}\n", error.what(), error.hint());
    return exit_code(error.code());
} catch (const std::exception& error) {
    fmt::print(stderr, "bench_gemm_cpu: {}\n", error.what());
    return 1;
}
