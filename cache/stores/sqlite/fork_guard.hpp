// SQLite must not be carried over fork(): its record of the locks this process holds would be
// copied into a child that holds none. So connections are closed before every fork and opened
// again, by parent and child, when they are next used.
#pragma once

namespace hone::sqlite {

class ForkGuarded {
  public:
    // In the forking thread, before the fork: waits until nobody uses the connection, closes it and
    // keeps others out until after_fork().
    virtual void before_fork() noexcept = 0;
    // In the same thread, in parent and child.
    virtual void after_fork() noexcept = 0;

  protected:
    ~ForkGuarded() = default;
};

// Keeps an object known to fork() for as long as it lives itself. As a member, the last one: it
// must go before what the callbacks use.
class ForkGuard final {
  public:
    explicit ForkGuard(ForkGuarded& guarded);
    ~ForkGuard();
    ForkGuard(const ForkGuard&) = delete;
    ForkGuard& operator=(const ForkGuard&) = delete;

  private:
    ForkGuarded& guarded_;
};

} // namespace hone::sqlite
