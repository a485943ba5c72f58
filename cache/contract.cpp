#include "hone/contract.hpp"

#include "hone/winner.hpp"

#include <cmath>
#include <limits>
#include <utility>

namespace hone {

namespace {

// The contract's one real number becomes an integer here; everything after compares integers.
std::uint64_t to_ppt(double error) noexcept {
    if (!(error > 0)) return 0; // negative and NaN allow nothing but exact results
    const double ppt = std::round(error * 1e12);
    return ppt < 0x1p64 ? static_cast<std::uint64_t>(ppt)
                        : std::numeric_limits<std::uint64_t>::max();
}

bool within_error(const Contract& contract, const Standing& standing) noexcept {
    const std::uint64_t total = standing.total_error.frobenius_ppt;
    if (contract.max_error != 0) return total <= to_ppt(contract.max_error);
    // total <= 2 plain, without overflow.
    return total / 2 + total % 2 <= standing.plain_error.frobenius_ppt;
}

bool within_class(const Contract& contract, const Standing& standing) noexcept {
    switch (contract.numeric_class) {
    case NumericClass::any:
        return true;
    case NumericClass::deterministic:
        return standing.deterministic;
    case NumericClass::batch_invariant:
        return standing.deterministic && standing.batch_invariant;
    case NumericClass::same_as:
        return standing.program == contract.same_as;
    }
    return false;
}

} // namespace

bool allows(const Contract& contract, const Standing& standing) noexcept {
    return within_error(contract, standing) && within_class(contract, standing) &&
           std::cmp_less_equal(standing.workspace_bytes, contract.workspace_limit);
}

} // namespace hone
