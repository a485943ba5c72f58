#include "fake_device.hpp"
#include "tests/catch.hpp"

#include <algorithm>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace hone;
using namespace fake_test;

namespace {

constexpr auto no_deadline = std::chrono::steady_clock::time_point::max();

std::vector<Samples> measured(const FakeDevice& fake, const std::vector<std::string>& texts,
                              int rounds,
                              std::chrono::steady_clock::time_point deadline = no_deadline) {
    const Problem problem;
    std::vector<Session::Loaded> kernels;
    std::vector<Launch> launches;
    for (const std::string& text : texts) {
        kernels.push_back(fake.load(program(text)));
        launches.push_back(launch(*kernels.back().kernel, problem, {}));
    }
    return fake.session->measure(launches, policy("gpu-cold-rotate/1"), rounds, deadline);
}

} // namespace

TEST_CASE("the fake compiler says what is wrong and where", "[fake]") {
    const FakeDevice fake;
    const std::vector<std::pair<std::string, std::string>> table = {
        {"behave compile_fail expected ';' before '}'", "expected ';' before '}'"},
        {"time 5\nspeed 9", "test.fake:2: expected a known word: speed 9"},
        {"time soon", "test.fake:1: expected time MICROSECONDS"},
        {"time -1", "test.fake:1: expected time MICROSECONDS"},
        {"compute conv", "test.fake:1: expected compute none, gemm or copy"},
        {"behave well", "test.fake:1: expected a known behaviour"},
        {"tile 4", "test.fake:1: expected tile ROWS COLUMNS"},
        {"time 4 5", "test.fake:1: expected nothing more"},
        {"kernel other\ntime 5", "test.fake: no kernel kernel"},
    };
    for (const auto& [text, log] : table) {
        const CompileResult result =
            fake.backend->compile(program(text).modules[0], fake.device.model);
        INFO(text << ": " << result.log);
        CHECK(result.outcome == Outcome::compile_failed);
        CHECK(result.log.starts_with(log));
    }
}

TEST_CASE("the fake compiler reports spills and running out of memory", "[fake]") {
    const FakeDevice fake;
    const auto compile = [&](const std::string& text) {
        return fake.backend->compile(program(text).modules[0], fake.device.model);
    };
    CHECK(compile("behave spill 48").binary.resources.spill_bytes == 48);
    CHECK(compile("# nothing\n\n").outcome == Outcome::ok);
    CHECK(compile("behave oom").outcome == Outcome::ok); // that is later, on the device
}

TEST_CASE("a compiler without memory says so", "[fake]") {
    const FakeDevice fake;
    const pid_t child = ::fork(); // it keeps what it takes
    REQUIRE(child >= 0);
    if (child == 0) {
        const Module module = program("behave compile_oom").modules[0];
        const CompileResult result = fake.backend->compile(module, fake.device.model);
        ::_exit(result.outcome == Outcome::out_of_memory ? 0 : 1);
    }
    int status = 1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}

TEST_CASE("a library is loaded without being compiled, and must be there", "[fake]") {
    const FakeDevice fake;
    Program made = program("");
    made.modules[0].kind = Module::Kind::library;
    made.modules[0].library = "/nowhere/library.fake";
    const std::vector<Binary> none(1);
    const auto loaded = fake.session->load(made, none);
    CHECK(loaded.kernel == nullptr);
    CHECK(loaded.outcome == Outcome::launch_failed);
    CHECK(loaded.detail.find("/nowhere/library.fake") != std::string::npos);
}

TEST_CASE("times are those that the kernels state, of a clock that takes no time", "[fake]") {
    const FakeDevice fake;
    const auto samples = measured(fake, {"time 3600000000", "time 7"}, 3);
    REQUIRE(samples.size() == 2);
    CHECK(samples[0].picoseconds == std::vector<std::int64_t>(3, 3'600'000'000'000'000));
    CHECK(samples[1].picoseconds == std::vector<std::int64_t>(3, 7'000'000));
    CHECK(samples[1].clock_khz > 0);
    CHECK(measured(fake, {"time 7"}, 3, {}).front().picoseconds.empty());
}

TEST_CASE("noise stays within its percentage and repeats with its seed", "[fake]") {
    const auto noisy = [](const std::string& seed) {
        return measured(FakeDevice(), {"time 1000\nnoise 5 " + seed}, 200).front().picoseconds;
    };
    const auto samples = noisy("1");
    CHECK(samples == noisy("1"));
    CHECK(samples != noisy("2"));
    const auto [low, high] = std::ranges::minmax(samples);
    CHECK(low >= 950'000'000);
    CHECK(high <= 1'050'000'000);
    CHECK(high - low > 50'000'000); // 200 draws cover more than half of it
}

TEST_CASE("a slow kernel takes its time when it runs and reports it when measured", "[fake]") {
    const FakeDevice fake;
    const auto loaded = fake.load(program("behave slow 2000"));
    const Problem problem;
    const auto start = std::chrono::steady_clock::now();
    CHECK(fake.session->run(launch(*loaded.kernel, problem, {})).outcome == Outcome::ok);
    CHECK(std::chrono::steady_clock::now() - start >= std::chrono::microseconds(2000));
    CHECK(measured(fake, {"behave slow 2000\ntime 1"}, 1).front().picoseconds.front() ==
          2'001'000'000);
}

TEST_CASE("only fake:0 is there", "[fake]") {
    const auto backend = make_backend();
    CHECK(backend->devices("").front().id == "fake:0");
    CHECK(backend->devices("0").size() == 1);
    CHECK_THROWS_WITH(backend->devices("1"), "no device fake:1");
    CHECK(backend->isolation() == Isolation::respawn_on_fault);
}
