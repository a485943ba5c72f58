// Contiguous grouped GEMM: the groups' sizes are known on the device only, so the grid is a bound
// and blocks beyond the last tile leave.
#include "carried.hpp"
#include "hone/grouped_gemm.hpp"
#include "mini_family.hpp"
#include "tests/catch.hpp"

#include <cstddef>
#include <vector>

using namespace paper;

namespace {

class ContiguousGrouped final : public MiniFamily {
  public:
    ContiguousGrouped() : MiniFamily("paper_grouped", "grouped_gemm") {}

    Support supports(const Problem& problem, const DeviceModel&) const override {
        return {GroupedGemm::from(problem).mode == GroupMode::contiguous, "only contiguous groups"};
    }
    SearchSpace space(const Problem&, const DeviceModel&) const override {
        return {{{"BM", {64, 128}}, {"BN", {128, 256}}, {"PERSISTENT", {0, 1}, false}}, {}};
    }

    Program emit(const Problem& problem, const Config& config,
                 const DeviceModel& device) const override {
        using G = GroupedGemm;
        const G gemm = G::from(problem);
        const std::int64_t rows = config.integer("BM"), columns = config.integer("BN");
        // Every group ends with at most one tile that is not full:
        // sum of ceil(size / BM) <= groups ceil(m / BM) + groups.
        const Extent row_tiles = {
            1, {{G::groups_dim, 1}, {G::m_dim, rows}}, {{1, {{G::groups_dim, 1}}}}};
        const bool persistent = config.integer("PERSISTENT") != 0;

        Program program;
        program.modules = {source_module("grouped.cu", {"grouped"}, config)};
        std::vector<KernelArg> args = {
            whole(G::a_arg, gemm.a, 3, {128, static_cast<std::int32_t>(rows), 1}),
            // The group is the outermost coordinate of B's map.
            whole(G::b_arg, gemm.b, 3, {128, static_cast<std::int32_t>(columns), 1}),
            OperandArg{G::sizes_arg}, OperandArg{G::d_arg}, DimArg{G::groups_dim, 32},
            DimArg{G::n_dim, 32}, DimArg{G::k_dim, 32}};
        if (gemm.scales != "none") {
            args.emplace_back(OperandArg{G::scale_a_arg});
            args.emplace_back(OperandArg{G::scale_b_arg});
        }
        const std::array<Extent, 3> grid =
            persistent ? std::array{Extent{device.cores, {}}, one(), one()}
                       : std::array{row_tiles, tiles(G::n_dim, columns), one()};
        program.steps = {step("grouped", grid, 384, std::move(args))};
        program.numerics = {.operand = gemm.a};
        return program;
    }
};

// Offsets of the groups as the operation draws them.
std::vector<std::int32_t> offsets_of(const Problem& problem) {
    const std::vector<ArgSpec> specs = grouped_gemm_operation().args(problem);
    std::vector<std::vector<std::byte>> storage;
    std::vector<HostTensor> tensors;
    for (const ArgSpec& spec : specs) {
        storage.emplace_back(static_cast<std::size_t>(spec.storage_bytes()));
        tensors.push_back({spec, storage.back().data()});
    }
    grouped_gemm_operation().make_inputs(problem, Distribution::normal, 1, tensors);
    const auto& bytes = storage[GroupedGemm::sizes_arg];
    std::vector<std::int32_t> offsets;
    for (std::size_t i = 0; i < bytes.size() / sizeof(std::int32_t); ++i) {
        offsets.push_back(static_cast<std::int32_t>(
            to_double(DType::s32, bytes.data(), static_cast<std::int64_t>(i))));
    }
    return offsets;
}

GroupedGemm experts(std::int64_t seed) {
    GroupedGemm gemm;
    gemm.groups = 8;
    gemm.m = 100;
    gemm.n = 256;
    gemm.k = 256;
    gemm.a = gemm.b = DType::e4m3;
    gemm.d = DType::bf16;
    gemm.scales = "1x128,128x128";
    gemm.routing = {.kind = Lengths::Kind::zipf, .seed = seed, .s = 1.1};
    return gemm;
}

} // namespace

TEST_CASE("paper: contiguous grouped GEMM with random group sizes", "[paper]") {
    const ContiguousGrouped family;
    const Config config = {{"BM", 64}, {"BN", 128}, {"PERSISTENT", 0}};
    const Problem problem = experts(1).problem();
    const Program program =
        check_carried(grouped_gemm_operation(), family, problem, config, hopper());

    // Other sizes are other problems and the same program, whose grid has room for all of them.
    std::vector<std::vector<std::int32_t>> drawn;
    for (const std::int64_t seed : {1, 2, 3}) {
        const Problem other = experts(seed).problem();
        CHECK(digest(family.emit(other, config, hopper())) == digest(program));
        drawn.push_back(offsets_of(other));
        const std::vector<std::int32_t>& offsets = drawn.back();
        REQUIRE(offsets.size() == 9);
        CHECK(offsets.back() == 800);
        std::int64_t needed = 0;
        for (std::size_t i = 1; i < offsets.size(); ++i)
            needed += (offsets[i] - offsets[i - 1] + 63) / 64;
        CHECK(needed <= program.steps[0].grid[0].value(other));
    }
    CHECK(drawn[0] != drawn[1]);

    const Program persistent =
        check_carried(grouped_gemm_operation(), family, problem,
                      {{"BM", 128}, {"BN", 128}, {"PERSISTENT", 1}}, hopper());
    CHECK(persistent.steps[0].grid[0].value(problem) == hopper().cores);
}
