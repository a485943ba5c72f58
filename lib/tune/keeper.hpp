// Keeps the facts of a sitting as they come.
#pragma once

#include "hone/observer.hpp"
#include "hone/store.hpp"

#include <span>
#include <string>
#include <vector>

namespace hone {

// Every fact goes to every writable store at once, so that a kill loses at most the running trial.
// When no store takes it, facts stay in memory, the user is told once, and kept() is false.
class FactKeeper final {
  public:
    FactKeeper(std::span<Store* const> stores, Observer& observer);

    void add(const Fact& fact);
    void add(std::span<const Fact> facts);
    [[nodiscard]] bool kept() const noexcept { return kept_; }

    // Everything known of (problem, device), both canonical texts: the union of the stores and of
    // what is only in memory, without retracted facts.
    [[nodiscard]] std::vector<Fact> facts(std::string_view problem, std::string_view device);

  private:
    void warn(const std::string& text);

    std::span<Store* const> stores_;
    Observer& observer_;
    std::vector<Record> unkept_;
    std::vector<std::string> warned_;
    bool kept_ = true;
};

} // namespace hone
