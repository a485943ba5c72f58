#include "lib/dispatch/table.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

namespace hone::dispatch {

namespace {

bool same_buckets(const StaticDims& left, const StaticDims& right) {
    return left.baked == right.baked &&
           std::equal(left.buckets.begin(), left.buckets.end(), right.buckets.begin(),
                      right.buckets.end(), [](const auto& a, const auto& b) {
                          return a.dim == b.dim && a.upper_bounds == b.upper_bounds;
                      });
}

// Programs of a bucket or class may need more workspace for this problem than for their own.
bool may_serve(const Served& served, const Problem& problem, const Contract& contract) noexcept {
    if (!allows(contract, served.standing)) return false;
    if (contract.workspace_limit == std::numeric_limits<std::int64_t>::max()) return true;
    return std::cmp_less_equal(served.kernel->workspace_bytes(problem), contract.workspace_limit);
}

} // namespace

Problem class_of(const Problem& problem) noexcept {
    Problem key = problem;
    key.dims.fill(0);
    return key;
}

Problem bucket_of(const Problem& problem, const StaticDims& dims) noexcept {
    Problem key = class_of(problem);
    for (const int baked : dims.baked)
        key.dims[static_cast<std::size_t>(baked)] = problem.dims[static_cast<std::size_t>(baked)];
    for (const StaticDims::Bucket& bucket : dims.buckets) {
        const auto dim = static_cast<std::size_t>(bucket.dim);
        const auto& bounds = bucket.upper_bounds;
        const auto at = std::lower_bound(bounds.begin(), bounds.end(), problem.dims[dim]);
        // Negative, so that a bucket's number is never taken for a baked extent.
        key.dims[dim] = -1 - (at - bounds.begin());
    }
    return key;
}

void Table::Index::build(std::vector<std::pair<Problem, const Served*>> entries) {
    // Equal problems next to each other, the fastest first; unmeasured ones last.
    const auto speed = [](const Served* served) {
        return served->standing.median_ps ? served->standing.median_ps : ~std::uint64_t{0};
    };
    std::stable_sort(entries.begin(), entries.end(), [&](const auto& a, const auto& b) {
        const std::uint64_t left = hash(a.first), right = hash(b.first);
        return left != right ? left < right : speed(a.second) < speed(b.second);
    });
    slots_.assign(std::bit_ceil(entries.size() * 2 + 1), Slot{});
    for (const auto& [key, served] : entries) {
        keys_.push_back(key);
        order_.push_back(served);
    }
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = 0; i < keys_.size();) {
        const std::uint64_t hashed = hash(keys_[i]);
        std::size_t end = i;
        while (end < keys_.size() && hash(keys_[end]) == hashed) ++end;
        std::size_t at = hashed & mask;
        while (slots_[at].first >= 0) at = (at + 1) & mask;
        slots_[at] = {hashed, static_cast<std::int32_t>(i), static_cast<std::int32_t>(end - i)};
        i = end;
    }
}

const Served* Table::Index::find(const Problem& key, const Problem& problem,
                                 const Contract& contract) const noexcept {
    if (order_.empty()) return nullptr;
    const std::uint64_t hashed = hash(key);
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = hashed & mask; slots_[at].first >= 0; at = (at + 1) & mask) {
        if (slots_[at].hash != hashed) continue;
        const auto first = static_cast<std::size_t>(slots_[at].first);
        const auto count = static_cast<std::size_t>(slots_[at].count);
        for (std::size_t i = first; i < first + count; ++i)
            if (keys_[i] == key && may_serve(*order_[i], problem, contract)) return order_[i];
        return nullptr;
    }
    return nullptr;
}

Table::Table(std::vector<std::shared_ptr<const Served>> served) : served_(std::move(served)) {
    using Entries = std::vector<std::pair<Problem, const Served*>>;
    Entries exact, fallback;
    std::vector<Entries> buckets; // of `bucketings_`
    for (const auto& entry : served_) {
        const Problem problem_class = class_of(entry->problem);
        if (entry->match == Match::fallback) {
            fallback.emplace_back(problem_class, entry.get());
            continue;
        }
        exact.emplace_back(entry->problem, entry.get());
        const auto known =
            std::find_if(bucketings_.begin(), bucketings_.end(), [&](const Bucketing& bucketing) {
                return bucketing.problem_class == problem_class &&
                       same_buckets(bucketing.dims, entry->dims);
            });
        const auto at = static_cast<std::size_t>(known - bucketings_.begin());
        if (known == bucketings_.end()) {
            bucketings_.push_back({problem_class, entry->dims, {}});
            buckets.emplace_back();
        }
        buckets[at].emplace_back(bucket_of(entry->problem, entry->dims), entry.get());
    }
    exact_.build(std::move(exact));
    for (std::size_t i = 0; i < buckets.size(); ++i)
        bucketings_[i].index.build(std::move(buckets[i]));
    fallback_.build(std::move(fallback));
}

const Served* Table::find(const Problem& problem, const Contract& contract) const noexcept {
    if (const Served* served = exact_.find(problem, problem, contract)) return served;
    const Problem problem_class = class_of(problem);
    for (const Bucketing& bucketing : bucketings_) {
        if (!(bucketing.problem_class == problem_class)) continue;
        const Served* served =
            bucketing.index.find(bucket_of(problem, bucketing.dims), problem, contract);
        if (served) return served;
    }
    return fallback_.find(problem_class, problem, contract);
}

} // namespace hone::dispatch
