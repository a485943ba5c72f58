#include "parallel.hpp"

#include "thread_pool.hpp"

#include <atomic>
#include <mutex>
#include <unistd.h>

namespace hone::cpu {
namespace {

class OwnThreads final : public Parallel {
  public:
    explicit OwnThreads(std::vector<int> places) : places_(std::move(places)) {}
    ~OwnThreads() override {
        // A forked child cannot join its parent's threads.
        if (owner_.load() == getpid()) delete pool_.load();
    }
    OwnThreads(const OwnThreads&) = delete;
    OwnThreads& operator=(const OwnThreads&) = delete;

    int most() const noexcept override { return static_cast<int>(places_.size()); }

    void run(int count, void (*body)(void*, int), void* argument) noexcept override {
        if (count == 1) return body(argument, 0);
        if (owner_.load(std::memory_order_acquire) != getpid()) start();
        pool_.load(std::memory_order_acquire)->run(count, body, argument);
    }

  private:
    void start() {
        const std::lock_guard lock(starting_);
        if (owner_.load() == getpid()) return;
        pool_.store(new ThreadPool(places_)); // what was inherited by fork is given up
        owner_.store(getpid(), std::memory_order_release);
    }

    const std::vector<int> places_;
    std::mutex starting_;
    std::atomic<pid_t> owner_{0};
    std::atomic<ThreadPool*> pool_{nullptr};
};

class HostThreads final : public Parallel {
  public:
    HostThreads(ParallelRun host, int most) : host_(host), most_(most) {}

    int most() const noexcept override { return most_; }

    void run(int count, void (*body)(void*, int), void* argument) noexcept override {
        if (count == 1) return body(argument, 0);
        host_.run(host_.context, count, body, argument);
    }

  private:
    ParallelRun host_;
    int most_;
};

} // namespace

std::shared_ptr<Parallel> own_threads(std::vector<int> places) {
    return std::make_shared<OwnThreads>(std::move(places));
}

std::shared_ptr<Parallel> host_threads(ParallelRun host, int most) {
    return std::make_shared<HostThreads>(host, most);
}

} // namespace hone::cpu
