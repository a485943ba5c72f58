// The convergence of replayed searches as a picture.
#pragma once

#include "lib/report/replay.hpp"

#include <span>
#include <string>

namespace hone::cli {

// Writes an SVG file: for each space the best so far as a share of the optimum against the number
// of evaluations; for each search the median over repeats, and a band down to the 10th percentile.
// gnuplot draws it. Throws Error(unavailable) where there is none, Error(not_kept) when the file
// cannot be written.
void plot_convergence(std::span<const Replayed> results, const std::string& file);
// As plot_convergence's first step: the commands for gnuplot.
[[nodiscard]] std::string convergence_script(std::span<const Replayed> results,
                                             const std::string& file);

} // namespace hone::cli
