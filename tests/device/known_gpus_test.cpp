#include "hone/known_gpus.hpp"
#include "tests/catch.hpp"

#include <set>
#include <string>

using namespace hone;

TEST_CASE("every shipped GPU has a model of its own that survives its text", "[device]") {
    std::set<std::string> texts, names;
    for (const DeviceModel& gpu : known_gpus()) {
        INFO(gpu.name);
        CHECK(gpu.backend == "cuda");
        CHECK(parse_device_model(canonical_text(gpu)) == gpu);
        CHECK(texts.insert(canonical_text(gpu)).second);
        CHECK(names.insert(gpu.name).second);
        // Buckets.
        CHECK(gpu.clock_mhz % 50 == 0);
        CHECK(gpu.memory_clock_mhz % 50 == 0);
        CHECK(gpu.power_watts % 25 == 0);
        CHECK(gpu.bandwidth_gbps % (gpu.bandwidth_gbps < 1000 ? 10 : 100) == 0);
        CHECK(gpu.shared_bytes <= gpu.l1_bytes);
        CHECK(known_gpu(gpu.name) == gpu);
    }
    CHECK(texts.size() == 18);
}

TEST_CASE("an architecture stands for its typical GPU", "[device]") {
    struct Row {
        const char* asked;
        const char* name;
    };
    for (const auto& [asked, name] :
         {Row{"sm_75", "T4"}, Row{"sm_80", "A100-SXM4-80GB"}, Row{"sm_86", "A10"},
          Row{"sm_89", "L40S"}, Row{"sm_90a", "H100 80GB HBM3"}, Row{"sm_90", "H100 80GB HBM3"},
          Row{"sm_100a", "B200"}, Row{"sm_120a", "GeForce RTX 5090"}}) {
        const auto gpu = known_gpu(asked);
        REQUIRE(gpu);
        CHECK(gpu->name == name);
        CHECK(gpu->arch == asked);
    }
    CHECK(known_gpu("geforce rtx 4090")->cores == 128);
    CHECK_FALSE(known_gpu("sm_70"));
    CHECK_FALSE(known_gpu(""));
}
