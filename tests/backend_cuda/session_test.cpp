#include "hone/gemm.hpp"
#include "tests/backend_cuda/stub.hpp"
#include "tests/catch.hpp"

#include <string>
#include <tuple>
#include <vector>

using namespace hone;
using cuda_test::Card;

namespace {

Problem problem(std::int64_t m = 4, std::int64_t n = 4, std::int64_t k = 4) {
    Gemm gemm;
    gemm.m = m;
    gemm.n = n;
    gemm.k = k;
    return gemm.problem();
}

std::unique_ptr<Memory> floats(Session& session, const std::vector<float>& values,
                               MemoryUse use = MemoryUse::input) {
    auto memory = session.allocate(values.size() * sizeof(float), use);
    session.upload(*memory, 0, std::as_bytes(std::span(values)));
    return memory;
}

std::vector<float> values_of(Session& session, const Memory& memory) {
    std::vector<float> values(memory.size() / sizeof(float));
    session.download(memory, 0, std::as_writable_bytes(std::span(values)));
    return values;
}

Tensor matrix(const Memory& memory, std::int64_t rows, std::int64_t columns) {
    return {memory.data(), {columns, 1}, {rows, columns}};
}

// entry and arguments of a 2 x 3 x 4 product whose dims are those of the problem.
const char* gemm_entry = "entry kernel a:ptr b:ptr d:ptr m:i64 n:i64 k:i64 lda:i64 ldb:i64 ldd:i64";
std::vector<KernelArg> gemm_args() {
    return {OperandArg{0},       OperandArg{1},       OperandArg{2},
            DimArg{Gemm::m_dim}, DimArg{Gemm::n_dim}, DimArg{Gemm::k_dim},
            StrideArg{0, 0},     StrideArg{1, 0},     StrideArg{2, 0}};
}

} // namespace

TEST_CASE("a program runs on the card and leaves what it computed", "[backend_cuda]") {
    const Card card;
    Session& session = *card.session;
    const auto loaded = card.load(Card::program({gemm_entry, "compute gemm"}, gemm_args()));
    REQUIRE(loaded.outcome == Outcome::ok);
    const auto a = floats(session, {1, 2, 3, 4, 5, 6});
    const auto b = floats(session, {1, 0, 0, 1, 1, 1});
    const auto d = floats(session, {0, 0, 0, 0}, MemoryUse::output);
    const Problem two = problem(2, 2, 3);
    const Launch launch = cuda_test::launch(*loaded.kernel, two,
                                            {matrix(*a, 2, 3), matrix(*b, 3, 2), matrix(*d, 2, 2)});
    CHECK(session.run(launch).outcome == Outcome::ok);
    CHECK(values_of(session, *d) == std::vector<float>{4, 5, 10, 11});
    CHECK(session.check_guards(*d).outcome == Outcome::ok);
}

TEST_CASE("every result of the driver is an outcome, and says whether the context is lost",
          "[backend_cuda]") {
    struct Row {
        const char* behave;
        Outcome outcome;
        bool poisoned;
    };
    for (const auto& [behave, outcome, poisoned] :
         {Row{"illegal_access", Outcome::illegal_access, true},
          Row{"misaligned", Outcome::illegal_access, true}, Row{"assert", Outcome::crash, true},
          Row{"oom", Outcome::out_of_memory, false},
          Row{"resources", Outcome::launch_failed, false}, Row{"ok", Outcome::ok, false}}) {
        INFO(behave);
        const Card card;
        const auto loaded =
            card.load(Card::program({"entry kernel", std::string("behave ") + behave}));
        REQUIRE(loaded.outcome == Outcome::ok);
        const Problem one = problem();
        const RunReport first = card.session->run(cuda_test::launch(*loaded.kernel, one));
        CHECK(first.outcome == outcome);
        CHECK(first.poisoned == poisoned);
        // A lost context answers everything else the same way.
        const RunReport later = card.session->synchronize();
        CHECK(later.poisoned == poisoned);
        if (poisoned) {
            CHECK(later.outcome == outcome);
            CHECK(card.load(Card::program({"entry kernel"})).outcome == outcome);
        }
    }
}

TEST_CASE("a stray write before or behind a buffer is found, with its place", "[backend_cuda]") {
    const Card card;
    Session& session = *card.session;
    const auto loaded =
        card.load(Card::program({"entry kernel src:ptr dst:ptr bytes:i64", "compute copy"},
                                {OperandArg{0}, OperandArg{1}, ImmediateArg{8, 64}}));
    const auto from = floats(session, {1, 2, 3, 4});
    const Problem one = problem();
    for (const auto& [offset, expected] :
         {std::tuple{std::int64_t{0}, ""}, std::tuple{std::int64_t{12}, "byte 0 after"},
          std::tuple{std::int64_t{-8}, "byte 1 before"}}) {
        const auto to = session.allocate(16, MemoryUse::output);
        Tensor target = matrix(*to, 1, 4);
        target.data = static_cast<char*>(target.data) + offset;
        REQUIRE(session.run(cuda_test::launch(*loaded.kernel, one, {matrix(*from, 1, 4), target}))
                    .outcome == Outcome::ok);
        const RunReport report = session.check_guards(*to);
        CAPTURE(report.detail);
        CHECK(report.outcome == (*expected ? Outcome::out_of_bounds : Outcome::ok));
        CHECK(report.detail.find(expected) != std::string::npos);
    }
}

TEST_CASE("memory that is not there is no memory, and a lost card is an error", "[backend_cuda]") {
    const Card card("free_mib=1");
    CHECK(card.session->allocate(64 << 20, MemoryUse::input) == nullptr);
    CHECK(card.session->allocate(64 << 10, MemoryUse::input) != nullptr);

    const auto loaded = card.load(Card::program({"entry kernel", "behave lost"}));
    const Problem one = problem();
    try {
        (void)card.session->run(cuda_test::launch(*loaded.kernel, one));
        FAIL("nothing was thrown");
    } catch (const Error& error) {
        CHECK(error.code() == Errc::device_lost);
    }
}

TEST_CASE("tensor maps are encoded from the operand at launch", "[backend_cuda]") {
    const Card card;
    Session& session = *card.session;
    TensorMap a;
    a.operand = 0;
    a.dtype = DType::f32;
    a.box = {4, 2};
    std::vector<KernelArg> args = gemm_args();
    args[0] = a;
    const auto loaded = card.load(
        Card::program({"entry kernel a:map b:ptr d:ptr m:i64 n:i64 k:i64 lda:i64 ldb:i64 ldd:i64",
                       "compute gemm"},
                      args));
    REQUIRE(loaded.outcome == Outcome::ok);
    const auto left = floats(session, {1, 2, 3, 4, 5, 6, 7, 8});
    const auto right = floats(session, {1, 1, 1, 1});
    const auto d = floats(session, {0, 0}, MemoryUse::output);
    const Problem product = problem(2, 1, 4);
    std::vector<Tensor> operands = {matrix(*left, 2, 4), matrix(*right, 4, 1), matrix(*d, 2, 1)};
    CHECK(session.run(cuda_test::launch(*loaded.kernel, product, operands)).outcome == Outcome::ok);
    CHECK(values_of(session, *d) == std::vector<float>{10, 26});
    // Rows must be multiples of 16 bytes: the driver refuses, and the launch says so.
    operands[0].strides[0] = 3;
    const RunReport refused = session.run(cuda_test::launch(*loaded.kernel, product, operands));
    CHECK(refused.outcome == Outcome::launch_failed);
    CHECK_FALSE(refused.poisoned);
}

TEST_CASE("what cannot be launched is refused when it is loaded", "[backend_cuda]") {
    const Card card;
    const auto refusal = [&](const auto& change) {
        Program program = Card::program({"entry kernel"});
        change(program);
        const auto loaded = card.load(program);
        CHECK(loaded.outcome == Outcome::launch_failed);
        CHECK_FALSE(loaded.kernel);
        return loaded.detail;
    };
    CHECK(refusal([](Program& p) { p.steps[0].kernel = "other"; }).find("other") !=
          std::string::npos);
    CHECK(refusal([](Program& p) { p.steps[0].module = 1; }).find("no module 1") !=
          std::string::npos);
    CHECK(refusal([](Program& p) { p.steps[0].shared_bytes = 1 << 20; }).find("shared memory") !=
          std::string::npos);
    CHECK(refusal([](Program& p) {
              p.steps[0].args.assign(65, ImmediateArg{1, 32});
          }).find("65 arguments") != std::string::npos);
    CHECK(refusal([](Program& p) {
              p.steps[0].args = {ImmediateArg{1, 16}};
          }).find("32 or 64") != std::string::npos);
}

TEST_CASE("clusters are refused where the architecture has none", "[backend_cuda]") {
    Program program = Card::program({"entry kernel"});
    program.steps[0].cluster = {2, 1, 1};
    program.steps[0].grid = {Extent{4, {}}, Extent{}, Extent{}};
    const Problem one = problem();
    const auto outcome = [&](const std::string& settings, const Program& emitted) {
        const Card card(settings);
        const auto loaded = card.load(emitted);
        REQUIRE(loaded.kernel);
        return card.session->run(cuda_test::launch(*loaded.kernel, one)).outcome;
    };
    CHECK(outcome("major=8", program) == Outcome::launch_failed);
    CHECK(outcome("major=9", program) == Outcome::ok);
    program.steps[0].grid[0] = Extent{3, {}};
    CHECK(outcome("major=9", program) == Outcome::launch_failed);
}

TEST_CASE("zeroed memory and workspace are there when the first step starts", "[backend_cuda]") {
    const Card card;
    Session& session = *card.session;
    Program program =
        Card::program({"entry kernel src:ptr dst:ptr bytes:i64", "compute copy"},
                      {WorkspaceArg{Extent{16, {}}}, OperandArg{0}, ImmediateArg{8, 64}});
    program.workspace_bytes = Extent{64, {}};
    program.zero_init = {{true, 0, Extent{16, {}}, Extent{8, {}}}};
    const auto loaded = card.load(program);
    REQUIRE(loaded.kernel);
    const Problem one = problem();
    CHECK(loaded.kernel->workspace_bytes(one) == 64);
    const auto d = floats(session, {7, 7, 7}, MemoryUse::output);
    Launch launch = cuda_test::launch(*loaded.kernel, one, {matrix(*d, 1, 3)});
    CHECK(session.run(launch).outcome == Outcome::launch_failed); // no workspace was given
    const auto workspace = session.allocate(64, MemoryUse::workspace);
    launch.workspace = workspace->data();
    CHECK(session.run(launch).outcome == Outcome::ok);
    CHECK(values_of(session, *d) == std::vector<float>{0, 0, 7});
}
