// Threads that spin between runs, so that starting them costs all contenders alike and little.
#pragma once

#include "hone/backend.hpp"

#include <atomic>
#include <cstddef>
#include <pthread.h>
#include <sched.h>
#include <thread>
#include <vector>

namespace hone {

// One thread at a time. The caller is the first of the threads.
class SpinPool final {
  public:
    explicit SpinPool(int threads) {
        for (int i = 1; i < threads; ++i) threads_.emplace_back([this, i] { work(i); });
    }
    ~SpinPool() {
        run(0, nullptr, nullptr);
        for (std::thread& thread : threads_) thread.join();
    }
    SpinPool(const SpinPool&) = delete;
    SpinPool& operator=(const SpinPool&) = delete;

    // Two threads that share a core would wait for each other's time slices. The caller is pinned
    // as well, so devices are opened before.
    void pin() {
        cpu_set_t allowed;
        sched_getaffinity(0, sizeof allowed, &allowed);
        std::size_t thread = 0;
        for (int cpu = 0; cpu < CPU_SETSIZE && thread <= threads_.size(); ++cpu) {
            if (!CPU_ISSET(cpu, &allowed)) continue;
            cpu_set_t one;
            CPU_ZERO(&one);
            CPU_SET(cpu, &one);
            pthread_setaffinity_np(thread == 0 ? pthread_self()
                                               : threads_[thread - 1].native_handle(),
                                   sizeof one, &one);
            ++thread;
        }
    }

    [[nodiscard]] int threads() const { return static_cast<int>(threads_.size()) + 1; }

    // body(argument, i) for every i below count, at the same time. Null: the threads end.
    void run(int count, void (*body)(void*, int), void* argument) {
        count_ = count;
        body_ = body;
        argument_ = argument;
        left_ = static_cast<int>(threads_.size());
        number_.fetch_add(1);
        if (body && count > 0) body(argument, 0);
        while (left_.load() > 0) pause();
    }

    [[nodiscard]] ParallelRun parallel_run() {
        return {[](void* context, int count, void (*body)(void*, int), void* argument) {
                    static_cast<SpinPool*>(context)->run(count, body, argument);
                },
                this};
    }

  private:
    static void pause() {
        for (int i = 0; i < 64; ++i) __builtin_ia32_pause();
    }

    void work(int index) {
        for (int seen = 0;;) {
            while (number_.load() == seen) pause();
            seen = number_.load();
            const bool ends = body_ == nullptr;
            if (!ends && index < count_) body_(argument_, index);
            left_.fetch_sub(1);
            if (ends) return;
        }
    }

    std::vector<std::thread> threads_;
    std::atomic<int> number_ = 0, left_ = 0;
    int count_ = 0;
    void (*body_)(void*, int) = nullptr;
    void* argument_ = nullptr;
};

} // namespace hone
