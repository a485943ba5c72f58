#include "hone/device.hpp"
#include "hone/error.hpp"
#include "tests/catch.hpp"
#include "tests/property.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

using namespace hone;

namespace {

DeviceModel h100() {
    DeviceModel model;
    model.backend = "cuda";
    model.arch = "sm_90a";
    model.name = "NVIDIA H100 80GB HBM3";
    model.features = {"tma", "wgmma"};
    model.cores = 132;
    model.shared_bytes = 232448;
    model.memory_gib = 80;
    model.virtualised = true;
    return model;
}

std::string message(const std::string& text) {
    try {
        (void)parse_device_model(text);
    } catch (const Error& error) {
        CHECK(error.code() == Errc::workload);
        return error.what();
    }
    return "no error";
}

} // namespace

TEST_CASE("a device model is one line of every field", "[device]") {
    CHECK(canonical_text(h100()) ==
          "backend=cuda arch=sm_90a name=NVIDIA%20H100%2080GB%20HBM3 features=tma,wgmma cores=132 "
          "shared_bytes=232448 registers=0 l1_bytes=0 l2_bytes=0 l3_bytes=0 memory_gib=80 "
          "bandwidth_gbps=0 clock_mhz=0 memory_clock_mhz=0 power_watts=0 slice= virtualised=true");
    CHECK(parse_device_model(canonical_text(h100())) == h100());
    CHECK(parse_device_model(canonical_text(DeviceModel{})) == DeviceModel{});
}

TEST_CASE("any names and numbers survive the text of a device model", "[device]") {
    rc::prop("round trip", [](const std::string& name, const std::string& slice,
                              std::vector<std::string> features, std::uint32_t cores, bool flag) {
        DeviceModel model;
        model.name = name;
        model.slice = slice;
        // A set of names that are not empty.
        std::sort(features.begin(), features.end());
        features.erase(std::unique(features.begin(), features.end()), features.end());
        std::erase(features, "");
        model.features = features;
        model.cores = cores;
        model.virtualised = flag;
        const std::string text = canonical_text(model);
        RC_ASSERT(text.find('\n') == std::string::npos);
        RC_ASSERT(parse_device_model(text) == model);
    });
}

TEST_CASE("changing a field of a device model changes its digest", "[device]") {
    const std::vector<std::function<void(DeviceModel&)>> changes = {
        [](DeviceModel& model) { model.backend = "emu"; },
        [](DeviceModel& model) { model.arch = "sm_90"; },
        [](DeviceModel& model) { model.name += "e"; },
        [](DeviceModel& model) { model.features.emplace_back("zzz"); },
        [](DeviceModel& model) { model.cores = 131; },
        [](DeviceModel& model) { model.shared_bytes += 1024; },
        [](DeviceModel& model) { model.registers = 1; },
        [](DeviceModel& model) { model.l1_bytes = 1; },
        [](DeviceModel& model) { model.l2_bytes = 1; },
        [](DeviceModel& model) { model.l3_bytes = 1; },
        [](DeviceModel& model) { model.memory_gib = 94; },
        [](DeviceModel& model) { model.bandwidth_gbps = 1; },
        [](DeviceModel& model) { model.clock_mhz = 50; },
        [](DeviceModel& model) { model.memory_clock_mhz = 50; },
        [](DeviceModel& model) { model.power_watts = 700; },
        [](DeviceModel& model) { model.slice = "1g.10gb"; },
        [](DeviceModel& model) { model.virtualised = false; },
    };
    std::vector<Digest> digests = {digest(h100())};
    for (const auto& change : changes) {
        DeviceModel model = h100();
        change(model);
        digests.push_back(digest(model));
        CHECK(parse_device_model(canonical_text(model)) == model);
    }
    std::sort(digests.begin(), digests.end());
    CHECK(std::adjacent_find(digests.begin(), digests.end()) == digests.end());

    DeviceModel unsorted = h100();
    unsorted.features = {"wgmma", "tma", "wgmma"};
    CHECK(digest(unsorted) == digest(h100()));
}

TEST_CASE("a malformed device model says which key is wrong", "[device]") {
    const std::string good = canonical_text(h100());
    const auto replaced = [&](const std::string& from, const std::string& to) {
        std::string text = good;
        return text.replace(text.find(from), from.size(), to);
    };
    const std::vector<std::pair<std::string, std::string>> table = {
        {"", "backend is missing"},
        {"backend", "expected key=value, got \"backend\""},
        {replaced("cores=132", "cores=many"), "cores must be a whole number, got \"many\""},
        {replaced("cores=132", "cores=-1"), "cores must be a whole number, got \"-1\""},
        {replaced("cores=132", "cores=99999999999999999999"), "cores must be a whole number"},
        {replaced("cores=132", "cores=132 cores=132"), "cores is given twice"},
        {replaced("slice=", "slice=%2"), "slice: malformed escape"},
        {replaced("slice=", "slice=%zz"), "slice: malformed escape"},
        {replaced("virtualised=true", "virtualised=1"), "virtualised must be true or false"},
        {replaced(" slice=", ""), "slice is missing"},
        {good + " colour=green", "unknown key colour"},
    };
    for (const auto& [text, expected] : table) {
        CAPTURE(text);
        CHECK(message(text).find(expected) != std::string::npos);
    }
}
