// Constant operands in prepared layouts, shared by bindings.
#include "tests/catch.hpp"
#include "tests/dispatch/serving.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <thread>
#include <vector>

using namespace hone;
using namespace hone::test;

namespace {

std::string problem_of(int m, const std::string& rest = "layout=nt") {
    return "gemm m=" + std::to_string(m) + " n=96 k=96 a=f32 b_layout=packed:cpu-nr32/1 " + rest;
}

// Launches with the weights of another problem, which hold the same numbers.
struct Layer {
    Layer(Dispatcher& dispatcher, const std::string& text, const HostOperands* weights = nullptr)
        : operands(item(text).problem) {
        if (weights) operands.tensors()[Gemm::b_arg] = weights->tensors()[Gemm::b_arg];
        bound = dispatcher.bind(item(text).problem, {}, operands.tensors());
        workspace.resize(bound.workspace_bytes / sizeof(std::max_align_t) + 1);
        bound.workspace = workspace.data();
    }
    [[nodiscard]] bool right() const {
        return Dispatcher::launch(bound) == Status::ok && operands.right();
    }
    [[nodiscard]] void* prepared() const { return bound.prepared.at(0); }

    HostOperands operands;
    Bound bound;
    std::vector<std::max_align_t> workspace;
};

// Every class that the tests bind, served by its fallback.
std::unique_ptr<Dispatcher> warmed(Serving& serving) {
    auto dispatcher = serving.open();
    dispatcher->warm(std::vector{item(problem_of(1)), item(problem_of(1, "layout=nn"))});
    dispatcher->seal();
    return dispatcher;
}

bool possible(const Serving& serving) {
    const WorkloadItem any = item(problem_of(1));
    return serving.known().supports(any.problem, serving.device.model).yes;
}

} // namespace

TEST_CASE("a weight is prepared once for all its m", "[dispatch]") {
    if (!have_cpu()) HONE_SKIP("no CPU backend with a compiler");
    const auto serving = Serving::on_cpu();
    if (!possible(*serving)) HONE_SKIP("vectors that the layout does not fit");
    const auto dispatcher = warmed(*serving);

    const Layer one(*dispatcher, problem_of(1));
    for (const int m : {1, 5, 70}) {
        INFO(m);
        const Layer other(*dispatcher, problem_of(m), &one.operands);
        CHECK(other.prepared() == one.prepared());
        CHECK(other.right());
    }
    CHECK(one.right());

    const Layer other_weights(*dispatcher, problem_of(1));
    CHECK(other_weights.prepared() != one.prepared());
    // The same bytes read as k x n are another matrix.
    const Layer transposed(*dispatcher, problem_of(1, "layout=nn"), &one.operands);
    CHECK(transposed.prepared() != one.prepared());
    CHECK(transposed.right());
    CHECK(one.right());
}

TEST_CASE("prepared weights live as long as one of their bindings", "[dispatch]") {
    if (!have_cpu()) HONE_SKIP("no CPU backend with a compiler");
    const auto serving = Serving::on_cpu();
    if (!possible(*serving)) HONE_SKIP("vectors that the layout does not fit");
    const auto dispatcher = warmed(*serving);

    HostOperands operands(item(problem_of(5)).problem);
    auto first = std::make_unique<Layer>(*dispatcher, problem_of(1), &operands);
    const auto second = std::make_unique<Layer>(*dispatcher, problem_of(5), &operands);
    first.reset();
    CHECK(second->right());
    // Nobody holds these: the next binding prepares whatever is there by then.
    std::weak_ptr<const void> held;
    {
        const Layer alone(*dispatcher, problem_of(7));
        held = alone.bound.held.at(0);
        CHECK_FALSE(held.expired());
    }
    CHECK(held.expired());
}

TEST_CASE("threads that bind one weight at the same time share it", "[dispatch]") {
    if (!have_cpu()) HONE_SKIP("no CPU backend with a compiler");
    const auto serving = Serving::on_cpu();
    if (!possible(*serving)) HONE_SKIP("vectors that the layout does not fit");
    const auto dispatcher = warmed(*serving);

    const HostOperands weights(item(problem_of(1)).problem);
    std::vector<std::unique_ptr<Layer>> layers(4);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < layers.size(); ++i)
        threads.emplace_back([&, i] {
            layers[i] =
                std::make_unique<Layer>(*dispatcher, problem_of(static_cast<int>(i) + 1), &weights);
        });
    for (std::thread& thread : threads) thread.join();
    std::set<void*> different;
    for (const auto& layer : layers) {
        different.insert(layer->prepared());
        CHECK(layer->right());
    }
    CHECK(different.size() == 1);
}
