// Model-based search: a Gaussian process predicts log(value) and a second one the chance of
// failure; proposed is the candidate with the largest expected improvement times its chance to work
// (Jones, Schonlau, Welch, "Efficient Global Optimization of Expensive Black-Box Functions", 1998;
// Gelbart, Snoek, Adams, "Bayesian Optimization with Unknown Constraints", UAI 2014; for kernels:
// Willemsen, van Nieuwpoort, van Werkhoven, "Bayesian Optimization for Auto-tuning GPU Kernels",
// PMBS 2021).
#pragma once

#include "hone/strategy.hpp"

#include <memory>

namespace hone::search {

[[nodiscard]] std::unique_ptr<Strategy> make_surrogate();

} // namespace hone::search
