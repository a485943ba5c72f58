// Progress of long calls. Called on the thread of the call that was given the observer.
#pragma once

#include "hone/fact.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace hone {

struct Progress {
    std::string_view problem; // short text
    std::int64_t trials = 0;  // finished in this sitting
    std::int64_t failed = 0;
    std::int64_t known = 0; // found in the stores, not measured again
    double best_ns = 0;     // 0: none yet
    double seconds_left = 0;
    int item = 0, items = 0; // of the workload, from 1
};

class Observer {
  public:
    virtual ~Observer() = default;
    virtual void on_problem(std::string_view /*short_text*/, int /*item*/, int /*items*/) {}
    // After every trial, before the next one starts.
    virtual void on_trial(const Fact& /*fact*/, const Progress& /*progress*/) {}
    virtual void on_improvement(const Fact& /*fact*/, const Progress& /*progress*/) {}
    // Something the user should know; one line.
    virtual void on_warning(std::string_view /*text*/) {}
    virtual void on_note(std::string_view /*text*/) {}
};

} // namespace hone
