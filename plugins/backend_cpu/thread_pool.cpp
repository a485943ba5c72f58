#include "thread_pool.hpp"

#include <pthread.h>
#include <sched.h>
#include <signal.h>

namespace hone::cpu {
namespace {

void relax() noexcept {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

// Some tens of microseconds: longer than the pause between two launches of a measured batch, short
// enough that an idle session costs nothing.
constexpr int spins = 2000;

// Returns once `value` differs from `old`.
void await_change(const std::atomic<std::uint32_t>& value, std::uint32_t old) noexcept {
    for (int i = 0; i < spins; ++i) {
        if (value.load(std::memory_order_acquire) != old) return;
        relax();
    }
    value.wait(old, std::memory_order_acquire);
}

// Signals belong to the host's threads.
class BlockSignals final {
  public:
    BlockSignals() noexcept {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~BlockSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    BlockSignals(const BlockSignals&) = delete;
    BlockSignals& operator=(const BlockSignals&) = delete;

  private:
    sigset_t before_{};
};

} // namespace

ThreadPool::ThreadPool(const std::vector<int>& places) {
    const BlockSignals block;
    for (std::size_t i = 1; i < places.size(); ++i) workers_.push_back(std::make_unique<Worker>());
    for (std::size_t i = 0; i < workers_.size(); ++i) {
        workers_[i]->thread = std::thread([this, i] { serve(static_cast<int>(i)); });
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET(places[i + 1], &set);
        // Without the right to choose a CPU the thread still works, only less steadily.
        pthread_setaffinity_np(workers_[i]->thread.native_handle(), sizeof set, &set);
    }
}

ThreadPool::~ThreadPool() {
    stopping_.store(true, std::memory_order_relaxed);
    for (const auto& worker : workers_) {
        worker->ticket.fetch_add(1, std::memory_order_release);
        worker->ticket.notify_one();
    }
    for (const auto& worker : workers_) worker->thread.join();
}

void ThreadPool::serve(int index) noexcept {
    std::atomic<std::uint32_t>& ticket = workers_[static_cast<std::size_t>(index)]->ticket;
    for (std::uint32_t served = 0;; ++served) {
        await_change(ticket, served);
        if (stopping_.load(std::memory_order_relaxed)) return;
        body_(argument_, index + 1);
        if (running_.fetch_sub(1, std::memory_order_acq_rel) == 1) running_.notify_one();
    }
}

void ThreadPool::run(int count, void (*body)(void*, int), void* argument) noexcept {
    if (count <= 1) {
        if (count == 1) body(argument, 0);
        return;
    }
    const std::lock_guard turn(turn_);
    body_ = body;
    argument_ = argument;
    running_.store(static_cast<std::uint32_t>(count - 1), std::memory_order_relaxed);
    for (int i = 0; i < count - 1; ++i) {
        std::atomic<std::uint32_t>& ticket = workers_[static_cast<std::size_t>(i)]->ticket;
        ticket.fetch_add(1, std::memory_order_release);
        ticket.notify_one();
    }
    body(argument, 0);
    for (std::uint32_t left = 0; (left = running_.load(std::memory_order_acquire)) != 0;)
        await_change(running_, left);
}

void Barrier::wait() noexcept {
    const std::uint32_t phase = phase_.load(std::memory_order_acquire);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == count_) {
        arrived_.store(0, std::memory_order_relaxed);
        phase_.fetch_add(1, std::memory_order_release);
        phase_.notify_all();
        return;
    }
    await_change(phase_, phase);
}

} // namespace hone::cpu
