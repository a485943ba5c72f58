#include "lib/cli/progress.hpp"

#include "lib/report/values.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <set>

namespace hone::cli {

namespace {

constexpr auto redraw_interval = std::chrono::milliseconds(100);
constexpr std::size_t longest_problem = 60;

std::string best_text(const Progress& progress) {
    return progress.best_ns > 0 ? time_text(static_cast<std::uint64_t>(progress.best_ns * 1e3))
                                : std::string("none yet");
}

std::string counts_text(const Progress& progress) {
    std::string text = fmt::format("{} trials", progress.trials);
    if (progress.known > 0) text += fmt::format(" and {} known", progress.known);
    if (progress.failed > 0) text += fmt::format(", {} failed", progress.failed);
    return text;
}

} // namespace

void print_warning(const std::string& text) {
    static std::set<std::string> printed; // of this process's command line alone
    if (printed.insert(text).second) fmt::print(stderr, "hone: warning: {}\n", text);
}

ProgressPrinter::~ProgressPrinter() { clear(); }

void ProgressPrinter::clear() {
    if (!shown_) return;
    std::fputs("\r\x1b[K", stderr);
    std::fflush(stderr);
    shown_ = false;
}

void ProgressPrinter::print_line(const std::string& text) {
    clear();
    fmt::print(stderr, "{}\n", text);
}

void ProgressPrinter::on_problem(std::string_view short_text, int item, int items) {
    if (detail_ == Detail::quiet) return;
    print_line(fmt::format("[{}/{}] {}", item, items, short_text));
}

void ProgressPrinter::on_trial(const Fact& fact, const Progress& progress) {
    if (detail_ == Detail::quiet) return;
    if (detail_ == Detail::verbose) {
        std::string text =
            fmt::format("  {} {}: {}", fact.family, fact.config, to_string(fact.outcome));
        if (fact.time.median_ps > 0) text += " " + time_text(fact.time.median_ps);
        if (!fact.detail.empty() && fact.outcome != Outcome::ok)
            text += ": " + fact.detail.substr(0, fact.detail.find('\n'));
        print_line(text);
    }
    const auto now = std::chrono::steady_clock::now();
    if (!terminal_ || now - last_ < redraw_interval) return;
    last_ = now;
    std::string problem(progress.problem.substr(0, longest_problem));
    std::string line = fmt::format("[{}/{}] {} | {} | best {}", progress.item, progress.items,
                                   problem, counts_text(progress), best_text(progress));
    if (progress.seconds_left > 0) line += fmt::format(" | {:.0f} s left", progress.seconds_left);
    fmt::print(stderr, "\r{}\x1b[K", line);
    std::fflush(stderr);
    shown_ = true;
}

void ProgressPrinter::on_improvement(const Fact& fact, const Progress& progress) {
    if (detail_ == Detail::quiet || terminal_) return;
    print_line(fmt::format("  best {} after {}: {} {}", best_text(progress), counts_text(progress),
                           fact.family, fact.config));
}

void ProgressPrinter::on_warning(std::string_view text) {
    clear();
    print_warning(std::string(text));
}

void ProgressPrinter::on_note(std::string_view text) {
    if (detail_ != Detail::quiet) print_line(std::string(text));
}

} // namespace hone::cli
