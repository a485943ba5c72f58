// Four-bit weights, packed once and used at m = 1 and m = 4096.
#include "carried.hpp"
#include "hone/gemm.hpp"
#include "mini_family.hpp"
#include "tests/catch.hpp"

using namespace paper;

namespace {

constexpr const char* layout = "cuda-w4/1";

// Serves weights that the caller keeps packed (a layout in the problem), and packs plain ones.
class W4A16 final : public MiniFamily {
  public:
    W4A16() : MiniFamily("paper_w4a16", "gemm") {}

    Support supports(const Problem& problem, const DeviceModel&) const override {
        const Gemm gemm = Gemm::from(problem);
        if (gemm.b != DType::s4 || gemm.a != DType::bf16) return {false, "not bf16 times s4"};
        const bool known = gemm.b_layout.empty() || gemm.b_layout == packed();
        return {known, "packed in another layout: " + gemm.b_layout};
    }
    static std::string packed() { return std::string("packed:") + layout; }

    // One layout whatever m is, so that m chooses the tile and never the weights' form.
    SearchSpace space(const Problem& problem, const DeviceModel&) const override {
        return {{{"BM", Gemm::from(problem).m <= 16 ? std::vector<Value>{16}
                                                    : std::vector<Value>{64, 128}},
                 {"BN", {64, 128}}},
                {}};
    }
    StaticDims static_dims(const Problem&) const override {
        return {{}, {{Gemm::m_dim, {1, 16, 64, 256, 1024}}}};
    }

    Program emit(const Problem& problem, const Config& config, const DeviceModel&) const override {
        const Gemm gemm = Gemm::from(problem);
        Program program;
        program.modules = {source_module("w4a16.cu", {"w4a16"}, config)};
        KernelArg weights = OperandArg{Gemm::b_arg};
        if (gemm.b_layout.empty()) {
            weights = PreparedArg{0};
            program.modules.push_back(source_module("w4a16_pack.cu", {"pack"}, {}));
            Step pack = step("pack", {tiles(Gemm::n_dim, 64), tiles(Gemm::k_dim, 64), one()}, 128,
                             {OperandArg{Gemm::b_arg}, PreparedArg{0}, DimArg{Gemm::n_dim},
                              DimArg{Gemm::k_dim}});
            pack.module = 1;
            program.prepare = {{.operand = Gemm::b_arg,
                                .layout = layout,
                                .bytes = {64 * 64 / 2, {{Gemm::n_dim, 64}, {Gemm::k_dim, 64}}},
                                .steps = {std::move(pack)}}};
        }
        program.steps = {
            step("w4a16",
                 {tiles(Gemm::n_dim, config.integer("BN")),
                  tiles(Gemm::m_dim, config.integer("BM")), one()},
                 128,
                 {OperandArg{Gemm::a_arg}, weights, OperandArg{Gemm::scale_b_arg},
                  OperandArg{Gemm::d_arg}, DimArg{Gemm::m_dim}, DimArg{Gemm::n_dim},
                  DimArg{Gemm::k_dim}, ImmediateArg{static_cast<std::uint64_t>(gemm.group)}})};
        program.numerics = {.operand = DType::bf16};
        return program;
    }
};

Gemm weights(std::int64_t m) {
    Gemm gemm;
    gemm.m = m;
    gemm.n = 4096;
    gemm.k = 11008;
    gemm.a = gemm.d = DType::bf16;
    gemm.b = DType::s4;
    gemm.layout = Layout::nt;
    gemm.group = 128;
    return gemm;
}

} // namespace

TEST_CASE("paper: W4A16 with packed weights used at m = 1 and m = 4096", "[paper]") {
    const W4A16 family;
    std::vector<Prepare> prepared;
    for (const std::int64_t m : {1, 4096}) {
        const Config config = {{"BM", m == 1 ? 16 : 128}, {"BN", 64}};
        const Problem plain = weights(m).problem();
        const Program packs = check_carried(gemm_operation(), family, plain, config, hopper());
        REQUIRE(packs.prepare.size() == 1);
        prepared.push_back(packs.prepare[0]);
        // The size of the packed weights follows from theirs, not from m.
        CHECK(packs.prepare[0].bytes.value(plain) == 4096 * 11008 / 2);
        for (const Extent::Term& term : packs.prepare[0].bytes.terms)
            CHECK(term.dim != Gemm::m_dim);

        Gemm kept = weights(m);
        kept.b_layout = W4A16::packed();
        const Program uses =
            check_carried(gemm_operation(), family, kept.problem(), config, hopper());
        CHECK(uses.prepare.empty());
        CHECK(kept.problem() != plain); // so winners for packed weights have keys of their own
    }
    CHECK(prepared[0].layout == prepared[1].layout);
    CHECK(prepared[0].operand == prepared[1].operand);

    Gemm foreign = weights(1);
    foreign.b_layout = "packed:cpu-nr16/1";
    CHECK_FALSE(family.supports(foreign.problem(), hopper()).yes);
}
