#include "fork_guard.hpp"

#include <algorithm>
#include <mutex>
#include <pthread.h>
#include <vector>

namespace hone::sqlite {

namespace {

// pthread_atfork passes nothing to its handlers, so what they work on is known to the whole
// process.
struct Open {
    std::mutex mutex;
    std::vector<ForkGuarded*> stores;
};

Open& all_open() {
    static Open& open = *new Open; // never destroyed: a fork during exit still finds it
    return open;
}

void before_fork() {
    Open& open = all_open();
    open.mutex.lock();
    for (ForkGuarded* store : open.stores) store->before_fork();
}

void after_fork() {
    Open& open = all_open();
    for (ForkGuarded* store : open.stores) store->after_fork();
    open.mutex.unlock();
}

} // namespace

ForkGuard::ForkGuard(ForkGuarded& guarded) : guarded_(guarded) {
    static const int registered = ::pthread_atfork(before_fork, after_fork, after_fork);
    (void)registered;
    Open& open = all_open();
    const std::lock_guard lock(open.mutex);
    open.stores.push_back(&guarded);
}

ForkGuard::~ForkGuard() {
    Open& open = all_open();
    const std::lock_guard lock(open.mutex);
    std::erase(open.stores, &guarded_);
}

} // namespace hone::sqlite
