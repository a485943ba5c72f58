#include "hone/plan.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <bit>
#include <utility>

namespace hone {

namespace {

using nlohmann::json;

json bytes(const Digest& digest) {
    return json::binary({digest.bytes.begin(), digest.bytes.end()});
}

std::vector<std::uint8_t> encoded(const PlanEntry& entry) {
    const Contract& contract = entry.contract;
    // Adding zero makes one zero of two, so that equal contracts have equal bits.
    const auto max_error = std::bit_cast<std::uint64_t>(contract.max_error + 0.0);
    return json::to_cbor(json::array({
        entry.problem,
        {max_error, static_cast<int>(contract.numeric_class), bytes(contract.same_as),
         contract.workspace_limit},
        entry.family,
        entry.revision,
        entry.config,
        entry.options,
        entry.compiler,
        static_cast<int>(entry.numeric_class),
    }));
}

// Each entry's encoding with its binaries, in the order of the encodings: ranks that list the same
// entries in another order agree.
std::vector<std::pair<std::vector<std::uint8_t>, Digest>> sorted(const Plan& plan) {
    std::vector<std::pair<std::vector<std::uint8_t>, Digest>> entries;
    entries.reserve(plan.entries.size());
    for (const PlanEntry& entry : plan.entries)
        entries.emplace_back(encoded(entry), entry.binaries);
    std::sort(entries.begin(), entries.end());
    return entries;
}

Digest digest_of(const json& document) {
    const std::vector<std::uint8_t> bytes = json::to_cbor(document);
    return digest(std::as_bytes(std::span(bytes)));
}

} // namespace

Digest Plan::digest() const {
    json document = {"hone.plan/1"};
    for (auto& [entry, binaries] : sorted(*this)) document.push_back(json::binary(entry));
    return digest_of(document);
}

Digest Plan::binary_digest() const {
    json document = {"hone.plan.binaries/1"};
    for (auto& [entry, binaries] : sorted(*this)) document.push_back(bytes(binaries));
    return digest_of(document);
}

} // namespace hone
