#include "lib/dispatch/table.hpp"

#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>
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

std::uint64_t hash_of(const Dims& dims) noexcept { return XXH3_64bits(dims.data(), sizeof(dims)); }

// What precedes the dims and what follows them, so that a lookup copies no problem.
constexpr std::size_t before = offsetof(Problem, dims), after = before + sizeof(Dims);

std::uint64_t class_hash(const Problem& problem) noexcept {
    const auto* bytes = reinterpret_cast<const char*>(&problem);
    return XXH3_64bits_withSeed(bytes + after, sizeof(Problem) - after, XXH3_64bits(bytes, before));
}

bool same_class(const Problem& left, const Problem& right) noexcept {
    const auto* a = reinterpret_cast<const char*>(&left);
    const auto* b = reinterpret_cast<const char*>(&right);
    return std::memcmp(a + after, b + after, sizeof(Problem) - after) == 0 &&
           std::memcmp(a, b, before) == 0;
}

// At most half of them are taken, and one is free at any rate.
std::size_t slots_for(std::size_t entries) { return std::bit_ceil(entries * 2 + 1); }

} // namespace

Problem class_of(const Problem& problem) noexcept {
    Problem key = problem;
    key.dims.fill(0);
    return key;
}

Dims bucket_of(const Dims& dims, const StaticDims& statics) noexcept {
    Dims key{};
    for (const int baked : statics.baked)
        key[static_cast<std::size_t>(baked)] = dims[static_cast<std::size_t>(baked)];
    for (const StaticDims::Bucket& bucket : statics.buckets) {
        const auto dim = static_cast<std::size_t>(bucket.dim);
        const auto& bounds = bucket.upper_bounds;
        const auto at = std::lower_bound(bounds.begin(), bounds.end(), dims[dim]);
        // Negative, so that a bucket's number is never taken for a baked extent.
        key[dim] = -1 - (at - bounds.begin());
    }
    return key;
}

void Table::Index::build() {
    // Equal hashes next to each other, the fastest first; unmeasured ones last.
    const auto speed = [](const Served* served) {
        return served->standing.median_ps ? served->standing.median_ps : ~std::uint64_t{0};
    };
    std::stable_sort(entries_.begin(), entries_.end(), [&](const Entry& a, const Entry& b) {
        const std::uint64_t left = hash_of(a.key), right = hash_of(b.key);
        return left != right ? left < right : speed(a.served) < speed(b.served);
    });
    slots_.assign(slots_for(entries_.size()), Slot{});
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = 0; i < entries_.size();) {
        const std::uint64_t hashed = hash_of(entries_[i].key);
        std::size_t end = i;
        while (end < entries_.size() && hash_of(entries_[end].key) == hashed) ++end;
        std::size_t at = hashed & mask;
        while (slots_[at].first >= 0) at = (at + 1) & mask;
        slots_[at] = {hashed, static_cast<std::int32_t>(i), static_cast<std::int32_t>(end - i)};
        i = end;
    }
}

const Served* Table::Index::find(const Dims& key, const Problem& problem,
                                 const Contract& contract) const noexcept {
    if (entries_.empty()) return nullptr;
    const std::uint64_t hashed = hash_of(key);
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = hashed & mask; slots_[at].first >= 0; at = (at + 1) & mask) {
        if (slots_[at].hash != hashed) continue;
        const auto first = static_cast<std::size_t>(slots_[at].first);
        const auto count = static_cast<std::size_t>(slots_[at].count);
        for (const Entry& entry : std::span(entries_).subspan(first, count))
            if (entry.key == key && may_serve(*entry.served, problem, contract))
                return entry.served;
        return nullptr;
    }
    return nullptr;
}

Table::Table(std::vector<std::shared_ptr<const Served>> served, Rules rules)
    : served_(std::move(served)), rules_(std::move(rules)) {
    class_slots_.assign(slots_for(served_.size()), -1);
    for (const auto& entry : served_) {
        Class& of_class = class_for(entry->problem);
        if (entry->match == Match::fallback) {
            of_class.fallback.add(Dims{}, entry.get());
            continue;
        }
        if (entry->match == Match::bucket || entry->match == Match::neighbour) {
            of_class.neighbours.add(entry->problem.dims, entry.get());
            continue;
        }
        of_class.exact.add(entry->problem.dims, entry.get());
        auto& bucketings = of_class.bucketings;
        auto known = std::find_if(bucketings.begin(), bucketings.end(), [&](const auto& bucketing) {
            return same_buckets(bucketing.dims, entry->dims);
        });
        if (known == bucketings.end()) known = bucketings.insert(known, {entry->dims, {}});
        known->index.add(bucket_of(entry->problem.dims, entry->dims), entry.get());
    }
    for (Class& of_class : classes_) {
        of_class.exact.build();
        of_class.neighbours.build();
        of_class.fallback.build();
        for (Bucketing& bucketing : of_class.bucketings) bucketing.index.build();
    }
}

std::size_t Table::class_slot(const Problem& problem) const noexcept {
    const std::uint64_t hashed = class_hash(problem);
    const std::size_t mask = class_slots_.size() - 1;
    std::size_t at = hashed & mask;
    for (; class_slots_[at] >= 0; at = (at + 1) & mask) {
        const Class& known = classes_[static_cast<std::size_t>(class_slots_[at])];
        if (same_class(known.key, problem)) break;
    }
    return at;
}

Table::Class& Table::class_for(const Problem& problem) {
    std::int32_t& slot = class_slots_[class_slot(problem)];
    if (slot < 0) {
        slot = static_cast<std::int32_t>(classes_.size());
        classes_.push_back({class_of(problem), {}, {}, {}, {}});
    }
    return classes_[static_cast<std::size_t>(slot)];
}

const Served* Table::find(const Problem& problem, const Contract& contract) const noexcept {
    const std::int32_t slot = class_slots_[class_slot(problem)];
    if (slot < 0) return nullptr;
    const Class& of_class = classes_[static_cast<std::size_t>(slot)];
    if (const Served* served = of_class.exact.find(problem.dims, problem, contract)) return served;
    for (const Bucketing& bucketing : of_class.bucketings) {
        const Dims bucket = bucket_of(problem.dims, bucketing.dims);
        if (const Served* served = bucketing.index.find(bucket, problem, contract)) return served;
    }
    if (const Served* served = of_class.neighbours.find(problem.dims, problem, contract))
        return served;
    return of_class.fallback.find(Dims{}, problem, contract);
}

} // namespace hone::dispatch
