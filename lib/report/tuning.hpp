// Documents of `hone tune`, `hone bench` and `hone verify`.
#pragma once

#include "hone/tuner.hpp"
#include "lib/report/document.hpp"

#include <optional>
#include <span>

namespace hone {

// {"schema":"hone.tune/1","results":[...]}
[[nodiscard]] Document tune_document(const TuneReport& report);

// Best vendor time / winner's time of one result; above 1 hone's own candidate wins. `low` compares
// the unfavourable ends of both intervals. Nothing without a winner or a vendor.
struct Ratio {
    double value = 0, low = 0;
    std::string best_vendor;
};
[[nodiscard]] std::optional<Ratio> vendor_ratio(const TuneResult& result);

// {"schema":"hone.bench/1","results":[...],"geomean","min","losses"}: the last three over the
// results that have a ratio, null when none has. losses lists the problems with a ratio below 1.
[[nodiscard]] Document bench_document(const TuneReport& report);

// {"schema":"hone.verify/1","results":[...],"failed":N}
[[nodiscard]] Document verify_document(std::span<const VerifyResult> results);

} // namespace hone
