// What tuning costs: candidates per second, and the time from start to first trial with warm
// caches.
//
//   bench_tuning [SECONDS] [PROBLEM]     one JSON object on stdout
//
// Runs the tuner twice on one problem (default: 1024^3 f32 on all cores) with an empty store each
// time: the first run fills the cache of binaries, the second one's first trial finds it warm.
// Counted are distinct programs that were verified and screened with outcome ok.
#include "cache/memory_store.hpp"
#include "hone/error.hpp"
#include "hone/tuner.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>

namespace {

using Clock = std::chrono::steady_clock;

class Stopwatch final : public hone::Observer {
  public:
    explicit Stopwatch(Clock::time_point begin) : begin_(begin) {}
    void on_trial(const hone::Fact& fact, const hone::Progress&) override {
        const double now = std::chrono::duration<double>(Clock::now() - begin_).count();
        if (first_seconds == 0) first_seconds = now;
        if (fact.stage != hone::Stage::screen || fact.outcome != hone::Outcome::ok) return;
        if (programs_.insert(fact.program).second) last_screen_seconds = now;
    }
    [[nodiscard]] std::size_t screened() const { return programs_.size(); }

    double first_seconds = 0, last_screen_seconds = 0;

  private:
    const Clock::time_point begin_;
    std::set<hone::Digest> programs_;
};

} // namespace

int main(int argc, char** argv) {
    const double seconds = argc > 1 ? std::atof(argv[1]) : 15;
    const std::string text = argc > 2 ? argv[2] : "gemm m=1024 n=1024 k=1024 a=f32";
    try {
        double rate = 0, first = 0;
        std::size_t screened = 0;
        for (int run = 0; run < 2; ++run) {
            // Everything a tool does from its start: options, plugins, device, workers, operands.
            const Clock::time_point begin = Clock::now();
            const hone::Options options = hone::Options::from_env();
            const hone::Registry registry(options);
            hone::Workload workload;
            workload.items.push_back(hone::parse_problem(text, registry.operations()));
            hone::cache::MemoryStore store;
            hone::Store* const stores[] = {&store};
            hone::TuneOptions tune_options;
            tune_options.budget.seconds = run == 0 ? seconds : 1;
            tune_options.search =
                "random"; // no proposal depends on a result: the same work each time
            Stopwatch watch(begin);
            (void)hone::tune(registry, options, workload, registry.devices("cpu").front(), stores,
                             tune_options, watch);
            if (run == 0) {
                screened = watch.screened();
                rate = static_cast<double>(screened) /
                       (watch.last_screen_seconds - watch.first_seconds);
            } else {
                first = watch.first_seconds;
            }
        }
        fmt::print("{{\"problem\": \"{}\", \"screened\": {}, \"candidates_per_second\": {:.2f}, "
                   "\"start_to_first_trial_seconds\": {:.3f}}}\n",
                   text, screened, rate, first);
    } catch (const hone::Error& error) {
        fmt::print(stderr, "bench_tuning: {} {}\n", error.what(), error.hint());
        return hone::exit_code(error.code());
    }
    return 0;
}
