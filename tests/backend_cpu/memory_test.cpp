#include "bench_top.hpp"
#include "child.hpp"
#include "tests/catch.hpp"

#include <sys/mman.h>

using namespace hone;
using namespace hone::test;

TEST_CASE("memory is aligned, and outputs start as NaN", "[backend_cpu]") {
    const BenchTop top;
    for (const std::size_t bytes : {1, 63, 64, 65, 4096, 4097, 100'000, 5'000'000}) {
        CAPTURE(bytes);
        for (const MemoryUse use : {MemoryUse::input, MemoryUse::output, MemoryUse::workspace}) {
            const auto memory = top.session->allocate(bytes, use);
            REQUIRE(memory);
            CHECK(memory->size() == bytes);
            CHECK(reinterpret_cast<std::uintptr_t>(memory->data()) % 64 == 0);
            CHECK(top.session->check_guards(*memory).outcome == Outcome::ok);
            const auto* first = static_cast<const unsigned char*>(memory->data());
            if (use != MemoryUse::input) CHECK((first[0] == 0xff && first[bytes - 1] == 0xff));
        }
    }
    CHECK(top.session->allocate(0, MemoryUse::output) != nullptr);
}

TEST_CASE("more memory than there is gives null", "[backend_cpu]") {
    const BenchTop top;
    CHECK(top.session->allocate(std::size_t{1} << 60, MemoryUse::input) == nullptr);
    CHECK(top.session->allocate(~std::size_t{0}, MemoryUse::input) == nullptr);
    CHECK(top.session->allocate(std::size_t{1} << 44, MemoryUse::input) == nullptr);
}

TEST_CASE("a stray byte beside a buffer is reported with its distance", "[backend_cpu]") {
    const BenchTop top;
    struct Case {
        std::size_t bytes;
        std::ptrdiff_t offset;
        const char* expected;
    };
    const Case cases[] = {
        {100, 100, "byte 0 after a buffer of 100 bytes"},
        {100, 127, "byte 27 after a buffer of 100 bytes"},
        {100, -1, "byte 1 before a buffer of 100 bytes"},
        {100, -64, "byte 64 before a buffer of 100 bytes"},
        {4032, -64, "byte 64 before a buffer of 4032 bytes"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.expected);
        const auto memory = top.session->allocate(c.bytes, MemoryUse::output);
        static_cast<unsigned char*>(memory->data())[c.offset] = 0x5a;
        const RunReport report = top.session->check_guards(*memory);
        CHECK(report.outcome == Outcome::out_of_bounds);
        CHECK(report.detail == std::string("wrote 0x5a to ") + c.expected);
    }
}

TEST_CASE("a kernel that leaves its buffers ends with a fault", "[backend_cpu]") {
    BenchTop top;
    const auto input = top.memory<float>(std::vector<float>(1024, 1), MemoryUse::input);
    const auto output = top.session->allocate(4096, MemoryUse::output);
    top.session->protect_inputs();
    auto* in = static_cast<volatile float*>(input->data());
    auto* out = static_cast<volatile float*>(output->data());
    // Both end at a page's end, so the first element beyond faults.
    CHECK(signal_of_child([&] { out[1024] = 1; }) == SIGSEGV);
    CHECK(signal_of_child([&] { (void)in[1024]; }) == SIGSEGV);
    CHECK(signal_of_child([&] { out[1024 + 100'000] = 1; }) == SIGSEGV);
    CHECK(signal_of_child([&] { (void)out[-1]; }) == SIGSEGV);
    CHECK(signal_of_child([&] { (void)out[-100'000]; }) == SIGSEGV);
    CHECK(signal_of_child([&] { in[0] = 1; }) == SIGSEGV);
    CHECK(signal_of_child([&] { out[0] = in[0]; }) == 0);

    SECTION("uploading makes an input writable again") {
        const float value = 3;
        top.session->upload(*input, 4, std::as_bytes(std::span(&value, 1)));
        CHECK(top.values<float>(*input)[1] == 3);
        CHECK(signal_of_child([&] { in[0] = 1; }) == 0);
    }
}

TEST_CASE("copies beyond a buffer are refused", "[backend_cpu]") {
    const BenchTop top;
    const auto memory = top.session->allocate(16, MemoryUse::output);
    std::vector<std::byte> bytes(16);
    CHECK_THROWS_AS(top.session->upload(*memory, 1, bytes), Error);
    CHECK_THROWS_AS(top.session->download(*memory, 1, bytes), Error);
    CHECK_THROWS_AS(top.session->download(*memory, 17, {}), Error);
    CHECK_NOTHROW(top.session->upload(*memory, 16, {}));
}
