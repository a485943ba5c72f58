#include "lib/dispatch/table.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace hone::dispatch {

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

const Served* Table::Index::find(const Problem& key, const Contract& contract) const noexcept {
    if (order_.empty()) return nullptr;
    const std::uint64_t hashed = hash(key);
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = hashed & mask; slots_[at].first >= 0; at = (at + 1) & mask) {
        if (slots_[at].hash != hashed) continue;
        const auto first = static_cast<std::size_t>(slots_[at].first);
        const auto count = static_cast<std::size_t>(slots_[at].count);
        for (std::size_t i = first; i < first + count; ++i)
            if (keys_[i] == key && allows(contract, order_[i]->standing)) return order_[i];
        return nullptr;
    }
    return nullptr;
}

Table::Table(std::vector<std::shared_ptr<const Served>> served) : served_(std::move(served)) {
    std::vector<std::pair<Problem, const Served*>> exact, bucket, fallback;
    for (const auto& entry : served_) {
        if (entry->match == Match::fallback) {
            fallback.emplace_back(class_of(entry->problem), entry.get());
            continue;
        }
        exact.emplace_back(entry->problem, entry.get());
        bucket.emplace_back(bucket_of(entry->problem, entry->dims), entry.get());
        const Problem problem_class = class_of(entry->problem);
        const auto same = [&](const Bucketing& known) {
            return known.problem_class == problem_class && known.dims.baked == entry->dims.baked &&
                   std::equal(known.dims.buckets.begin(), known.dims.buckets.end(),
                              entry->dims.buckets.begin(), entry->dims.buckets.end(),
                              [](const auto& a, const auto& b) {
                                  return a.dim == b.dim && a.upper_bounds == b.upper_bounds;
                              });
        };
        if (std::none_of(bucketings_.begin(), bucketings_.end(), same))
            bucketings_.push_back({problem_class, entry->dims});
    }
    exact_.build(std::move(exact));
    bucket_.build(std::move(bucket));
    fallback_.build(std::move(fallback));
}

const Served* Table::find(const Problem& problem, const Contract& contract) const noexcept {
    if (const Served* served = exact_.find(problem, contract)) return served;
    const Problem problem_class = class_of(problem);
    for (const Bucketing& bucketing : bucketings_) {
        if (!(bucketing.problem_class == problem_class)) continue;
        if (const Served* served = bucket_.find(bucket_of(problem, bucketing.dims), contract))
            return served;
    }
    return fallback_.find(problem_class, contract);
}

} // namespace hone::dispatch
