// The threads that kernels run on when the host brings none.
//
// Work queues are another thing: here all items of a step run at the same time, each on a core of
// its own, and may wait for one another at a barrier, and the time to start them is part of what is
// measured. Workers therefore spin for a moment before they sleep.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace hone::cpu {

class ThreadPool final {
  public:
    // One thread per place but the first, which is the caller's; each stays on its CPU.
    explicit ThreadPool(const std::vector<int>& places);
    ~ThreadPool();
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;

    // The largest `count` that run() takes.
    [[nodiscard]] int size() const noexcept { return static_cast<int>(workers_.size()) + 1; }

    // Calls body(argument, i) for every i in [0, count), all at the same time, i = 0 on the calling
    // thread; returns when all have returned. Calls from several threads take turns.
    void run(int count, void (*body)(void*, int), void* argument) noexcept;

  private:
    struct alignas(64) Worker {
        std::atomic<std::uint32_t> ticket{0}; // raised once per job
        std::thread thread;
    };
    void serve(int index) noexcept;

    std::vector<std::unique_ptr<Worker>> workers_; // worker i runs item i + 1
    std::mutex turn_;
    void (*body_)(void*, int) = nullptr;
    void* argument_ = nullptr;
    std::atomic<bool> stopping_{false};
    alignas(64) std::atomic<std::uint32_t> running_{0};
};

// Where the items of one cooperative step wait for one another.
class Barrier final {
  public:
    explicit Barrier(int count) noexcept : count_(static_cast<std::uint32_t>(count)) {}
    void wait() noexcept;

  private:
    const std::uint32_t count_;
    alignas(64) std::atomic<std::uint32_t> arrived_{0};
    alignas(64) std::atomic<std::uint32_t> phase_{0};
};

} // namespace hone::cpu
