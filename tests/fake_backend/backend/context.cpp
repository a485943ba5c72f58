#include "context.hpp"

#include "hone/error.hpp"

#include <algorithm>
#include <unistd.h>
#include <utility>

namespace fake {

hone::RunReport report(const Fault& fault) { return {fault.outcome, fault.text, fault.sticky}; }

Context::Context() : owner_(::getpid()) {}

std::optional<Fault> Context::fault() const {
    // First of all: another thread may have held the mutex when the process was forked.
    if (::getpid() != owner_) {
        return Fault{hone::Outcome::launch_failed,
                     "the context belongs to process " + std::to_string(owner_) +
                         ": contexts do not survive fork",
                     true};
    }
    const std::lock_guard lock(mutex_);
    return sticky_;
}

void Context::require_usable() const {
    if (const auto found = fault()) throw hone::Error(hone::Errc::device_lost, found->text);
}

void Context::queue(void* stream, Work work) {
    if (fault()) return;
    const std::lock_guard lock(mutex_);
    queue_.push_back({stream, std::move(work)});
}

// The default stream waits for all others and they for it. Between two of its launches the others
// run one after the other, the one that was used last first.
std::vector<Context::Queued> Context::take_in_order() {
    std::vector<Queued> all = std::exchange(queue_, {});
    std::vector<Queued> ordered;
    const auto by_default_stream = [](const Queued& each) { return each.stream == nullptr; };
    for (auto begin = all.begin(); begin != all.end();) {
        const auto end = std::find_if(begin, all.end(), by_default_stream);
        while (begin != end) {
            // Lists are short here, so the last stream's work is picked out by scanning.
            void* const last = std::prev(end)->stream;
            const auto rest = std::stable_partition(
                begin, end, [last](const Queued& each) { return each.stream == last; });
            std::move(begin, rest, std::back_inserter(ordered));
            begin = rest;
        }
        if (end != all.end()) {
            ordered.push_back(std::move(*end));
            begin = std::next(end);
        }
    }
    return ordered;
}

void Context::drain() {
    for (Queued& next : take_in_order()) {
        try {
            next.work(memory_);
        } catch (const Fault& fault) {
            if (fault.sticky) {
                sticky_ = fault;
                return;
            }
            if (!passing_) passing_ = fault;
        }
    }
}

hone::RunReport Context::synchronize() {
    if (const auto found = fault()) return report(*found);
    const std::lock_guard lock(mutex_);
    drain();
    if (sticky_) return report(*sticky_);
    if (const auto passed = std::exchange(passing_, std::nullopt)) return report(*passed);
    return {};
}

void Context::access(const std::function<void(DeviceMemory&)>& access) {
    require_usable();
    const std::lock_guard lock(mutex_);
    drain();
    if (sticky_) throw hone::Error(hone::Errc::device_lost, sticky_->text);
    access(memory_);
}

std::uint64_t Context::allocate(std::size_t bytes) {
    require_usable();
    const std::lock_guard lock(mutex_);
    return memory_.allocate(bytes);
}

void Context::release(std::uint64_t address) noexcept {
    if (::getpid() != owner_) return; // the memory is another process's
    const std::lock_guard lock(mutex_);
    memory_.release(address);
}

} // namespace fake
