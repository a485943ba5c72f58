// Progress on stderr: one line that is rewritten on a terminal, else a line per improvement.
#pragma once

#include "hone/observer.hpp"

#include <chrono>
#include <string>

namespace hone::cli {

// Warnings go to stderr, each text once.
void print_warning(const std::string& text);

class ProgressPrinter final : public Observer {
  public:
    enum class Detail { quiet, normal, verbose };
    ProgressPrinter(Detail detail, bool terminal) : detail_(detail), terminal_(terminal) {}
    ~ProgressPrinter() override;

    void on_problem(std::string_view short_text, int item, int items) override;
    void on_trial(const Fact& fact, const Progress& progress) override;
    void on_improvement(const Fact& fact, const Progress& progress) override;
    void on_warning(std::string_view text) override;
    void on_note(std::string_view text) override;

  private:
    void clear();
    void print_line(const std::string& text);

    const Detail detail_;
    const bool terminal_;
    bool shown_ = false; // a progress line stands on the terminal
    std::chrono::steady_clock::time_point last_{};
};

} // namespace hone::cli
