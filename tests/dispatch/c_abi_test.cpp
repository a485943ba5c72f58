#include "hone/hone.h"
#include "tests/catch.hpp"
#include "tests/dispatch/serving.hpp"

#include <array>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace hone;
using namespace hone::test;

namespace {

const char* const problem = "gemm m=64 n=48 k=32 a=f32";

struct Close {
    void operator()(hone_dispatcher* dispatcher) const { hone_close(dispatcher); }
    void operator()(hone_bound* bound) const { hone_release(bound); }
};
using Opened = std::unique_ptr<hone_dispatcher, Close>;
using BoundByC = std::unique_ptr<hone_bound, Close>;

const std::array<const char*, 1> no_stores{nullptr};

Opened open_cpu() {
    hone_dispatcher* opened = nullptr;
    REQUIRE(hone_open("cpu", no_stores.data(), nullptr, &opened) == HONE_OK);
    REQUIRE(opened);
    return Opened(opened);
}

bool last_error_names(const std::string& text) {
    return std::string(hone_last_error()).find(text) != std::string::npos;
}

} // namespace

TEST_CASE("null arguments of the C ABI are refused with a text", "[dispatch]") {
    hone_dispatcher* opened = nullptr;
    hone_bound* bound = nullptr;
    std::array<std::uint8_t, 32> digest{};
    CHECK(hone_open(nullptr, nullptr, nullptr, &opened) == HONE_INVALID_ARGUMENT);
    CHECK(last_error_names("hone_open"));
    CHECK(hone_open("cpu", nullptr, nullptr, nullptr) == HONE_INVALID_ARGUMENT);
    CHECK(hone_warm(nullptr, problem) == HONE_INVALID_ARGUMENT);
    CHECK(last_error_names("hone_warm"));
    CHECK(hone_plan_digest(nullptr, digest.data(), nullptr) == HONE_INVALID_ARGUMENT);
    CHECK(last_error_names("hone_plan_digest"));
    CHECK(hone_seal(nullptr) == HONE_INVALID_ARGUMENT);
    CHECK(last_error_names("hone_seal"));
    CHECK(hone_bind(nullptr, problem, 0, &bound, nullptr) == HONE_INVALID_ARGUMENT);
    CHECK(last_error_names("hone_bind"));
    CHECK(hone_launch(nullptr, nullptr, 0, nullptr, 0, nullptr) == HONE_INVALID_ARGUMENT);
    CHECK(last_error_names("hone_launch"));
    CHECK(opened == nullptr);
    CHECK(bound == nullptr);
    hone_close(nullptr);
    hone_release(nullptr);
    CHECK(std::string(hone_version()) != "");
}

TEST_CASE("what cannot be opened is said", "[dispatch]") {
    hone_dispatcher* opened = nullptr;
    CHECK(hone_open("abacus", no_stores.data(), nullptr, &opened) == HONE_NOT_FOUND);
    CHECK(last_error_names("abacus"));
    CHECK(opened == nullptr);
    // The text is the failing thread's own.
    std::string of_other;
    std::thread([&] { of_other = hone_last_error(); }).join();
    CHECK(of_other.empty());
}

TEST_CASE("a problem is warmed, bound and launched from C", "[dispatch]") {
    if (!have_cpu()) HONE_SKIP("no CPU backend with a compiler");
    const Opened dispatcher = open_cpu();
    CHECK(hone_bind(dispatcher.get(), problem, 0, std::array<hone_bound*, 1>{}.data(), nullptr) ==
          HONE_NOT_FOUND);
    CHECK(last_error_names("m=64"));
    CHECK(hone_warm(dispatcher.get(), "gemm m=64 n=48\n") == HONE_INVALID_ARGUMENT);
    CHECK(last_error_names("k"));
    const std::string lines = std::string(problem) + "\n\n  gemm m=1 n=2 k=3 a=bf16\r\n";
    REQUIRE(hone_warm(dispatcher.get(), lines.c_str()) == HONE_OK);
    CHECK(hone_seal(dispatcher.get()) == HONE_OK);
    CHECK(hone_warm(dispatcher.get(), problem) == HONE_INVALID_ARGUMENT);
    CHECK(last_error_names("sealed"));

    hone_bound* made = nullptr;
    std::size_t bytes = 0;
    CHECK(hone_bind(dispatcher.get(), problem, 1e-12, &made, &bytes) == HONE_NOT_FOUND);
    // The contract in the text counts where the argument says nothing.
    CHECK(hone_bind(dispatcher.get(), (std::string(problem) + " max_error=1e-12").c_str(), 0, &made,
                    &bytes) == HONE_NOT_FOUND);
    REQUIRE(made == nullptr);
    REQUIRE(hone_bind(dispatcher.get(), problem, 0, &made, &bytes) == HONE_OK);
    const BoundByC bound(made);

    HostOperands operands(item(problem).problem);
    std::vector<hone_tensor> tensors;
    for (const Tensor& tensor : operands.tensors()) {
        tensors.push_back({tensor.data, {}});
        std::memcpy(tensors.back().strides, tensor.strides.data(), sizeof(hone_tensor{}.strides));
    }
    std::vector<std::max_align_t> workspace(bytes / sizeof(std::max_align_t) + 1);
    const auto launch = [&](std::size_t count, std::size_t workspace_bytes) {
        return hone_launch(bound.get(), tensors.data(), count, workspace.data(), workspace_bytes,
                           nullptr);
    };
    CHECK(launch(tensors.size() - 1, bytes) == HONE_INVALID_ARGUMENT);
    CHECK(launch(1000, bytes) == HONE_INVALID_ARGUMENT);
    CHECK(last_error_names("number of operands"));
    if (bytes > 0) CHECK(launch(tensors.size(), bytes - 1) == HONE_WORKSPACE_TOO_SMALL);
    void* const a = std::exchange(tensors[Gemm::a_arg].data, nullptr);
    CHECK(launch(tensors.size(), bytes) == HONE_INVALID_ARGUMENT);
    CHECK(last_error_names("null"));
    tensors[Gemm::a_arg].data = a;
    CHECK_FALSE(operands.right());
    CHECK(launch(tensors.size(), bytes) == HONE_OK);
    CHECK(operands.right());
}

TEST_CASE("two dispatchers opened from C agree on their plan", "[dispatch]") {
    if (!have_cpu()) HONE_SKIP("no CPU backend with a compiler");
    const Opened one = open_cpu(), other = open_cpu();
    std::array<std::uint8_t, 32> plans[2] = {}, binaries[2] = {};
    CHECK(hone_plan_digest(one.get(), plans[0].data(), binaries[0].data()) == HONE_OK);
    REQUIRE(hone_warm(other.get(), problem) == HONE_OK);
    CHECK(hone_plan_digest(other.get(), plans[1].data(), binaries[1].data()) == HONE_OK);
    // A fallback is no decision of anybody's.
    CHECK(plans[0] == plans[1]);
    CHECK(binaries[0] == binaries[1]);
    CHECK(plans[0] != std::array<std::uint8_t, 32>{});
    CHECK(hone_plan_digest(other.get(), plans[1].data(), nullptr) == HONE_OK);
}
