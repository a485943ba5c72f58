// What sets a CUDA device apart from a CPU, on the fake one.
#include "fake_device.hpp"
#include "hone/error.hpp"
#include "host_stream.hpp"
#include "tests/catch.hpp"

#include <functional>
#include <signal.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace hone;
using namespace fake_test;

namespace {

// Wait status of a child that runs `body` and exits with what it returns.
int status_of_child(const std::function<int()>& body) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        ::alarm(20);
        ::_exit(body());
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return status;
}

Program copy_program() {
    return program("params src dst bytes\ncompute copy\n",
                   {OperandArg{0}, OperandArg{1}, ImmediateArg{4, 64}});
}

} // namespace

TEST_CASE("a fault of a launch shows when the device is waited for", "[fake]") {
    const FakeDevice fake;
    const auto loaded = fake.load(program("behave illegal_access"));
    REQUIRE(loaded.kernel);
    const Problem problem;
    CHECK(loaded.kernel->launch(problem, {}, {}, nullptr, {}) == Status::ok);
    const RunReport report = fake.session->synchronize();
    CHECK(report.outcome == Outcome::illegal_access);
    CHECK(report.poisoned);
    CHECK(report.detail.find("0xdead000") != std::string::npos);
}

TEST_CASE("after an illegal access every call answers with it", "[fake]") {
    const FakeDevice fake;
    const auto bad = fake.load(program("behave illegal_access"));
    const auto good = fake.load(program("behave ok"));
    const Problem problem;
    const auto memory = fake.session->allocate(64, MemoryUse::output);
    const RunReport first = fake.session->run(launch(*bad.kernel, problem, {}));
    REQUIRE(first.poisoned);

    const auto same = [&](const RunReport& report) {
        CHECK(report.outcome == first.outcome);
        CHECK(report.detail == first.detail);
        CHECK(report.poisoned);
    };
    same(fake.session->run(launch(*good.kernel, problem, {})));
    same(fake.session->synchronize());
    same(fake.session->check_guards(*memory));
    CHECK(good.kernel->launch(problem, {}, {}, nullptr, {}) == Status::device_error);
    CHECK(fake.load(program("behave ok")).detail == first.detail);
    CHECK(fake.session
              ->measure(std::vector{launch(*good.kernel, problem, {})}, Policy{}, 3,
                        std::chrono::steady_clock::time_point::max())
              .front()
              .picoseconds.empty());

    std::vector<std::byte> bytes(4);
    const std::vector<std::function<void()>> table = {
        [&] { (void)fake.session->allocate(4, MemoryUse::input); },
        [&] { fake.session->upload(*memory, 0, bytes); },
        [&] { fake.session->download(*memory, 0, bytes); },
        [&] { fake.session->fill(*memory, std::byte{0}); },
        // Another session of the process has the same context.
        [&] { (void)fake.backend->open(fake.device, {}); },
    };
    for (const auto& call : table) CHECK_THROWS_WITH(call(), first.detail);

    // Another process has its own.
    CHECK(FakeDevice().session->synchronize().outcome == Outcome::ok);
}

TEST_CASE("a context does not survive fork", "[fake]") {
    const FakeDevice fake;
    const auto loaded = fake.load(program("behave ok"));
    const Problem problem;
    const auto ran = [&] { return fake.session->run(launch(*loaded.kernel, problem, {})); };
    REQUIRE(ran().outcome == Outcome::ok);
    const int status = status_of_child([&] {
        const RunReport report = ran();
        const bool told = report.poisoned && report.outcome == Outcome::launch_failed &&
                          report.detail.find("do not survive fork") != std::string::npos;
        bool refused = false;
        try {
            (void)fake.session->allocate(4, MemoryUse::input);
        } catch (const Error& error) {
            refused = error.code() == Errc::device_lost;
        }
        return told && refused ? 0 : 1;
    });
    CHECK(status == 0);
    CHECK(ran().outcome == Outcome::ok); // the parent's is as it was
}

TEST_CASE("a device pointer is no host pointer", "[fake]") {
    const FakeDevice fake;
    const auto memory = fake.session->allocate(4, MemoryUse::input);
    const int status = status_of_child([&] {
        ::signal(SIGSEGV, SIG_DFL);
        ::signal(SIGBUS, SIG_DFL);
        return *static_cast<volatile char*>(memory->data()) == 1 ? 1 : 0;
    });
    CHECK(WIFSIGNALED(status));
}

TEST_CASE("a kernel that crashes takes its process with it", "[fake]") {
    const int status = status_of_child([] {
        const FakeDevice fake;
        const auto loaded = fake.load(program("behave crash"));
        const Problem problem;
        (void)fake.session->run(launch(*loaded.kernel, problem, {}));
        return 0;
    });
    REQUIRE(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGSEGV);
}

TEST_CASE("a kernel that hangs never ends", "[fake]") {
    const int status = status_of_child([] {
        ::alarm(1);
        const FakeDevice fake;
        const auto loaded = fake.load(program("behave hang"));
        const Problem problem;
        (void)fake.session->run(launch(*loaded.kernel, problem, {}));
        return 0;
    });
    REQUIRE(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGALRM);
}

TEST_CASE("running out of memory is no end of the context", "[fake]") {
    const FakeDevice fake;
    const Problem problem;
    const auto hungry = fake.load(program("behave oom"));
    const RunReport report = fake.session->run(launch(*hungry.kernel, problem, {}));
    CHECK(report.outcome == Outcome::out_of_memory);
    CHECK_FALSE(report.poisoned);
    CHECK(fake.session->synchronize().outcome == Outcome::ok);
    CHECK(fake.session->allocate(std::size_t{1} << 40, MemoryUse::input) == nullptr);
    CHECK(fake.session->allocate(1 << 20, MemoryUse::input) != nullptr);
}

TEST_CASE("a behaviour may begin after launches that are ok", "[fake]") {
    const FakeDevice fake;
    const Problem problem;
    const auto loaded = fake.load(program("after 2\nbehave oom"));
    const Launch late = launch(*loaded.kernel, problem, {});
    CHECK(fake.session->run(late).outcome == Outcome::ok);
    CHECK(fake.session->run(late).outcome == Outcome::ok);
    CHECK(fake.session->run(late).outcome == Outcome::out_of_memory);
    CHECK(fake.session->run(late).outcome == Outcome::out_of_memory);
}

TEST_CASE("a device-side assertion is sticky", "[fake]") {
    const FakeDevice fake;
    const Problem problem;
    const auto loaded = fake.load(program("behave assert"));
    CHECK(fake.session->run(launch(*loaded.kernel, problem, {})).outcome == Outcome::crash);
    CHECK(fake.session->synchronize().poisoned);
}

TEST_CASE("launches on different streams have no order to rely on", "[fake]") {
    const FakeDevice fake;
    const Problem problem;
    const auto one = fake.floats({1}), two = fake.floats({2}), three = fake.floats({3});
    const auto to = fake.floats({0});
    const auto loaded = fake.load(copy_program());
    fake::HostStream first, second;
    const auto copy = [&](const Memory& from, void* stream) {
        const std::vector<Tensor> operands = {{from.data()}, {to->data()}};
        CHECK(loaded.kernel->launch(problem, operands, {}, nullptr, {stream}) == Status::ok);
    };

    copy(*one, &first); // runs last: the other stream was used after it
    copy(*two, &second);
    CHECK(fake.floats(*to).front() == 1);

    copy(*one, &first); // in order on one stream
    copy(*two, &first);
    CHECK(fake.floats(*to).front() == 2);

    copy(*one, &first); // the default stream stands between the others
    copy(*two, nullptr);
    copy(*three, &second);
    CHECK(fake.floats(*to).front() == 3);
}

TEST_CASE("a launch on a stream that is captured runs when the capture is replayed", "[fake]") {
    const FakeDevice fake;
    const Problem problem;
    const auto from = fake.floats({5});
    const auto to = fake.floats({0});
    const auto loaded = fake.load(copy_program());
    fake::HostStream stream{.capturing = true, .captured = {}};
    const std::vector<Tensor> operands = {{from->data()}, {to->data()}};
    CHECK(loaded.kernel->launch(problem, operands, {}, nullptr, {&stream}) == Status::ok);
    stream.capturing = false;
    CHECK(fake.floats(*to).front() == 0);
    REQUIRE(stream.captured.size() == 1);
    for (int replay = 0; replay < 2; ++replay) {
        fake.session->fill(*to, std::byte{0});
        for (const auto& work : stream.captured) work();
        CHECK(fake.floats(*to).front() == 5);
    }
}
