#include "replay.hpp"

#include <algorithm>
#include <cmath>

namespace hone::cuda {
namespace {

using api::Result;

constexpr std::size_t most_launches = 4096;
// Rotating over all sets may take this long; slower launches hardly depend on a cache.
constexpr double longest_sample_ns = 50e6;

} // namespace

Replay::Replay(const Context& context, api::Stream stream, const Launch& launch,
               const Policy& policy)
    : driver_(context.driver()), stream_(stream), launch_(launch),
      kernel_(dynamic_cast<const CudaKernel*>(launch.kernel)),
      sets_(std::max<std::size_t>(launch.operand_sets.size(), 1)) {
    constexpr unsigned with_timing = 0;
    usable_ = kernel_ && launch.problem &&
              driver_.event_create(&begin_, with_timing) == Result::success &&
              driver_.event_create(&end_, with_timing) == Result::success;
    if (!usable_) return;
    // The first launch of a kernel pays for things that later ones find done.
    Gate open;
    usable_ = timed_nanoseconds(open).has_value();
    const auto one = usable_ ? timed_nanoseconds(open) : std::nullopt;
    usable_ = one.has_value();
    if (!usable_) return;
    plan(*one, policy);
    capture();
}

Replay::~Replay() {
    if (graph_) (void)driver_.graph_exec_destroy(graph_);
    if (begin_) (void)driver_.event_destroy(begin_);
    if (end_) (void)driver_.event_destroy(end_);
}

void Replay::plan(double one_nanoseconds, const Policy& policy) {
    const double one = std::max(one_nanoseconds, 100.0); // events resolve half a microsecond
    double wanted = std::ceil(static_cast<double>(policy.min_sample_ns) / one);
    // A sample that used only some of the sets would find them in the cache next time.
    if (policy.cold)
        wanted = std::max(wanted, std::min(static_cast<double>(sets_), longest_sample_ns / one));
    count_ = static_cast<std::size_t>(std::clamp<double>(wanted, 1, most_launches));
    // A set can be used once between restorations.
    if (!launch_.restore.empty()) count_ = std::min(count_, sets_);
}

bool Replay::launch_once(std::size_t which) const noexcept {
    const std::span<const Tensor> operands =
        launch_.operand_sets.empty() ? std::span<const Tensor>{} : launch_.operand_sets[which];
    return kernel_
               ->enqueue({*launch_.problem, operands, launch_.prepared, launch_.workspace}, stream_)
               .status == Status::ok;
}

bool Replay::enqueue() const noexcept {
    if (graph_) return driver_.graph_launch(graph_, stream_) == Result::success;
    for (std::size_t i = 0; i < count_; ++i)
        if (!launch_once(i % sets_)) return false;
    return true;
}

// Left as it is where the driver, or a library, cannot be captured.
void Replay::capture() {
    if (!driver_.graph_instantiate ||
        driver_.capture_begin(stream_, api::CaptureMode::thread_local_) != Result::success)
        return;
    bool queued = true;
    for (std::size_t i = 0; i < count_ && queued; ++i) queued = launch_once(i % sets_);
    api::Graph graph = nullptr;
    const Result ended = driver_.capture_end(stream_, &graph);
    if (ended != Result::success || !graph) return;
    if (!queued || driver_.graph_instantiate(&graph_, graph, 0) != Result::success)
        graph_ = nullptr;
    (void)driver_.graph_destroy(graph);
}

bool Replay::restore() const noexcept {
    // In the order of use: what was copied last is the warmest and is used last.
    const std::size_t used = std::min(count_, launch_.restore.size());
    for (std::size_t i = 0; i < used; ++i) {
        for (const Launch::Restore& copy : launch_.restore[i]) {
            if (driver_.copy_on_device(reinterpret_cast<api::Address>(copy.to),
                                       reinterpret_cast<api::Address>(copy.from), copy.bytes,
                                       stream_) != Result::success)
                return false;
        }
    }
    return true;
}

std::optional<double> Replay::timed_nanoseconds(Gate& gate) {
    if (!restore()) return std::nullopt;
    gate.close(stream_);
    const bool queued = driver_.event_record(begin_, stream_) == Result::success && enqueue() &&
                        driver_.event_record(end_, stream_) == Result::success;
    gate.open();
    float milliseconds = 0;
    if (!queued || driver_.event_synchronize(end_) != Result::success ||
        driver_.event_elapsed(&milliseconds, begin_, end_) != Result::success)
        return std::nullopt;
    return static_cast<double>(milliseconds) * 1e6;
}

bool Replay::warm_up(std::int64_t nanoseconds) {
    Gate open;
    double spent = 0;
    for (std::size_t i = 0; usable_ && i < most_launches; ++i) {
        const auto took = timed_nanoseconds(open);
        usable_ = took.has_value();
        if (!usable_) return false;
        spent += *took;
        if (spent >= static_cast<double>(nanoseconds)) break;
    }
    return usable_;
}

std::optional<std::int64_t> Replay::time(Gate& gate) {
    if (!usable_) return std::nullopt;
    const auto took = timed_nanoseconds(gate);
    usable_ = took.has_value();
    if (!usable_) return std::nullopt;
    return std::llround(*took * 1e3 / static_cast<double>(count_));
}

std::optional<std::int64_t> Replay::energy(const Nvml::Card& card, std::int64_t nanoseconds) {
    Gate open;
    const auto before = card.energy_millijoules();
    double spent = 0, launches = 0;
    while (usable_ && before && spent < static_cast<double>(nanoseconds)) {
        const auto took = timed_nanoseconds(open);
        usable_ = took.has_value();
        spent += std::max(took.value_or(0), 1000.0); // ends, whatever the clock says
        launches += static_cast<double>(count_);
    }
    const auto after = card.energy_millijoules();
    if (!usable_ || !before || !after || *after <= *before) return std::nullopt;
    return std::llround(static_cast<double>(*after - *before) * 1e3 / launches);
}

} // namespace hone::cuda
