#include "hone/device.hpp"
#include "hone/error.hpp"
#include "lib/device/percent.hpp"

#include <algorithm>
#include <charconv>
#include <map>

namespace hone {

namespace {

// Calls visit(key, member) for every member in canonical order, so that writer and reader cannot
// disagree. The structured binding fails to compile when a member is added to one side only.
template <typename Model, typename Visit> void visit_members(Model& model, Visit&& visit) {
    auto& [backend, arch, name, features, cores, shared_bytes, registers, l1_bytes, l2_bytes,
           l3_bytes, memory_gib, bandwidth_gbps, clock_mhz, memory_clock_mhz, power_watts, slice,
           virtualised] = model;
    visit("backend", backend);
    visit("arch", arch);
    visit("name", name);
    visit("features", features);
    visit("cores", cores);
    visit("shared_bytes", shared_bytes);
    visit("registers", registers);
    visit("l1_bytes", l1_bytes);
    visit("l2_bytes", l2_bytes);
    visit("l3_bytes", l3_bytes);
    visit("memory_gib", memory_gib);
    visit("bandwidth_gbps", bandwidth_gbps);
    visit("clock_mhz", clock_mhz);
    visit("memory_clock_mhz", memory_clock_mhz);
    visit("power_watts", power_watts);
    visit("slice", slice);
    visit("virtualised", virtualised);
}

std::string text_of(const std::string& value) { return percent_encode(value); }
std::string text_of(std::int64_t value) { return std::to_string(value); }
std::string text_of(bool value) { return value ? "true" : "false"; }
std::string text_of(std::vector<std::string> features) {
    // A set, whatever order it was found in.
    std::sort(features.begin(), features.end());
    features.erase(std::unique(features.begin(), features.end()), features.end());
    std::string text;
    for (const std::string& feature : features) {
        if (feature.empty()) continue;
        if (!text.empty()) text += ',';
        text += percent_encode(feature);
    }
    return text;
}

[[noreturn]] void fail(const std::string& what) {
    throw Error(Errc::workload, "device model: " + what,
                "device models are written by `hone doctor --export-device`");
}

std::string decoded(std::string_view key, std::string_view text) {
    if (auto value = percent_decode(text)) return std::move(*value);
    fail(std::string(key) + ": malformed escape in \"" + std::string(text) + "\"");
}

void read(std::string_view key, std::string_view text, std::string& value) {
    value = decoded(key, text);
}

void read(std::string_view key, std::string_view text, std::int64_t& value) {
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (status == std::errc{} && end == text.data() + text.size() && value >= 0) return;
    fail(std::string(key) + " must be a whole number, got \"" + std::string(text) + "\"");
}

void read(std::string_view key, std::string_view text, bool& value) {
    if (text != "true" && text != "false") {
        fail(std::string(key) + " must be true or false, got \"" + std::string(text) + "\"");
    }
    value = text == "true";
}

void read(std::string_view key, std::string_view text, std::vector<std::string>& features) {
    features.clear();
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        features.push_back(decoded(key, text.substr(0, comma)));
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    std::sort(features.begin(), features.end());
}

std::map<std::string_view, std::string_view> split_pairs(std::string_view text) {
    std::map<std::string_view, std::string_view> pairs;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        const std::string_view pair = text.substr(0, end);
        const std::size_t equals = pair.find('=');
        if (equals == std::string_view::npos) {
            fail("expected key=value, got \"" + std::string(pair) + "\"");
        }
        if (!pairs.emplace(pair.substr(0, equals), pair.substr(equals + 1)).second) {
            fail(std::string(pair.substr(0, equals)) + " is given twice");
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return pairs;
}

} // namespace

std::string canonical_text(const DeviceModel& model) {
    std::string text;
    visit_members(model, [&](const char* key, const auto& value) {
        if (!text.empty()) text += ' ';
        text += key;
        text += '=';
        text += text_of(value);
    });
    return text;
}

DeviceModel parse_device_model(std::string_view text) {
    auto pairs = split_pairs(text);
    DeviceModel model;
    visit_members(model, [&](const char* key, auto& value) {
        const auto found = pairs.find(key);
        if (found == pairs.end()) fail(std::string(key) + " is missing");
        read(key, found->second, value);
        pairs.erase(found);
    });
    if (!pairs.empty()) fail("unknown key " + std::string(pairs.begin()->first));
    return model;
}

Digest digest(const DeviceModel& model) { return digest(canonical_text(model)); }

} // namespace hone
