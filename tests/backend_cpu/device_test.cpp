#include "backend.hpp"
#include "processor.hpp"
#include "tests/catch.hpp"

#include <algorithm>
#include <set>

using namespace hone;

TEST_CASE("the processor is described in full", "[backend_cpu]") {
    const cpu::Processor processor = cpu::this_processor();
    CHECK(processor.model.backend == "cpu");
    CHECK_FALSE(processor.model.arch.empty());
    CHECK(std::is_sorted(processor.model.features.begin(), processor.model.features.end()));
    CHECK(processor.model.cores >= 1);
    CHECK(processor.model.cores <= static_cast<std::int64_t>(processor.places.size()));
    const std::set<int> different(processor.places.begin(), processor.places.end());
    CHECK(different.size() == processor.places.size());
#if defined(__x86_64__)
    CHECK(std::count(processor.model.name.begin(), processor.model.name.end(), '/') == 3);
#endif
    CHECK(parse_device_model(canonical_text(processor.model)) == processor.model);
}

TEST_CASE("a device spec is a number of threads", "[backend_cpu]") {
    cpu::Processor processor;
    processor.places = {0, 2, 1, 3};
    processor.default_threads = 2;
    CHECK(cpu::thread_count(processor, "") == 2);
    CHECK(cpu::thread_count(processor, "1") == 1);
    CHECK(cpu::thread_count(processor, "4") == 4);
    for (const char* wrong : {"5", "0", "-1", "2x", "x", " 2", "99999999999"}) {
        CAPTURE(wrong);
        try {
            (void)cpu::thread_count(processor, wrong);
            FAIL("no error");
        } catch (const Error& error) {
            CHECK(error.code() == Errc::unavailable);
            CHECK_THAT(error.what(), Catch::Contains(std::string("cpu:") + wrong));
        }
    }
}

TEST_CASE("a device with fewer threads has its own model", "[backend_cpu]") {
    const cpu::CpuBackend backend(HONE_CPU_PARTS);
    const Device one = backend.devices("1").at(0);
    CHECK(one.id == "cpu:1");
    CHECK(one.model.cores == 1);
    const Device all = backend.devices("").at(0);
    CHECK(all.id == "cpu:" + std::to_string(all.model.cores));
}
