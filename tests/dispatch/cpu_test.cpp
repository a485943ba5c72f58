// On the CPU: what is served is right.
#include "tests/catch.hpp"
#include "tests/dispatch/allocations.hpp"
#include "tests/dispatch/serving.hpp"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

using namespace hone;
using namespace hone::test;

namespace {

const std::string tuned_ragged = "gemm m=70 n=130 k=300 a=f32";

Status launch(const Dispatcher& dispatcher, HostOperands& operands, const Problem& problem) {
    std::vector<std::byte> workspace(dispatcher.explain(problem, {}).workspace_bytes + 64);
    const auto address = reinterpret_cast<std::uintptr_t>(workspace.data());
    std::byte* aligned = workspace.data() + (64 - address % 64) % 64;
    return dispatcher.launch(problem, {}, operands.tensors(), aligned, workspace.size() - 64);
}

} // namespace

TEST_CASE("the winner, its bucket's program and the fallback compute the product", "[dispatch]") {
    if (!have_cpu()) HONE_SKIP("no CPU backend with a compiler");
    const auto serving = Serving::on_cpu();
    serving->put(tuned_ragged, serving->config(tuned_ragged));
    const auto dispatcher = serving->open();
    dispatcher->warm(std::vector{item(tuned_ragged)});
    dispatcher->seal();

    struct Row {
        std::string problem;
        Match match;
    };
    for (const Row& row :
         {Row{tuned_ragged, Match::exact}, Row{"gemm m=99 n=200 k=257 a=f32", Match::bucket},
          Row{"gemm m=3 n=5 k=7 a=f32", Match::fallback}}) {
        INFO(row.problem);
        const Problem problem = item(row.problem).problem;
        CHECK(dispatcher->explain(problem, {}).match == row.match);
        HostOperands operands(problem);
        CHECK_FALSE(operands.right());
        CHECK(launch(*dispatcher, operands, problem) == Status::ok);
        CHECK(operands.right());
    }
    const Problem other = item("gemm m=70 n=130 k=300 a=bf16").problem;
    HostOperands operands(other);
    CHECK(launch(*dispatcher, operands, other) == Status::not_found);
}

TEST_CASE("a bound problem is launched again and again", "[dispatch]") {
    if (!have_cpu()) HONE_SKIP("no CPU backend with a compiler");
    const auto serving = Serving::on_cpu();
    const auto dispatcher = serving->open();
    dispatcher->warm(std::vector{item(tuned_ragged)});
    HostOperands operands(item(tuned_ragged).problem);
    Bound bound = dispatcher->bind(item(tuned_ragged).problem, {}, operands.tensors());
    if (bound.workspace_bytes > 0) {
        CHECK(Dispatcher::launch(bound) == Status::workspace_too_small);
        CHECK(dispatcher->launch(bound.problem, {}, operands.tensors(), nullptr, 0) ==
              Status::workspace_too_small);
    }
    std::vector<std::max_align_t> workspace(bound.workspace_bytes / sizeof(std::max_align_t) + 1);
    bound.workspace = workspace.data();
    CHECK(Dispatcher::launch(bound) == Status::ok);
    CHECK(operands.right());

    const std::uint64_t before = allocations();
    const Status again = Dispatcher::launch(bound);
    const Status looked_up =
        dispatcher->launch(bound.problem, {}, operands.tensors(), workspace.data(),
                           workspace.size() * sizeof(std::max_align_t));
    const std::uint64_t after = allocations();
    CHECK(again == Status::ok);
    CHECK(looked_up == Status::ok);
    CHECK(after == before);
}

TEST_CASE("the host's threads do the work where it brings some", "[dispatch]") {
    if (!have_cpu()) HONE_SKIP("no CPU backend with a compiler");
    const auto serving = Serving::on_cpu();
    if (serving->device.model.cores < 2) HONE_SKIP("one core: nothing to share");
    std::atomic<int> calls = 0;
    DispatchOptions dispatch_options;
    dispatch_options.session.parallel.context = &calls;
    dispatch_options.session.parallel.run = [](void* context, int count, void (*body)(void*, int),
                                               void* argument) {
        ++*static_cast<std::atomic<int>*>(context);
        std::vector<std::thread> threads;
        for (int i = 0; i < count; ++i) threads.emplace_back(body, argument, i);
        for (std::thread& thread : threads) thread.join();
    };
    const auto dispatcher = serving->open(dispatch_options);
    const Problem problem = item("gemm m=256 n=256 k=256 a=f32").problem;
    dispatcher->warm(std::vector{item("gemm m=256 n=256 k=256 a=f32")});
    HostOperands operands(problem);
    CHECK(launch(*dispatcher, operands, problem) == Status::ok);
    CHECK(operands.right());
    CHECK(calls > 0);
}
