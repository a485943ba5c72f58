// Candidates that cover all pairs of legal parameter values, proved in the emulator: a part that
// rotates with the commit, and all of them at night.
#include "backend.hpp"
#include "hone/error.hpp"
#include "hone/registry.hpp"
#include "hone/workload.hpp"
#include "lib/tune/pairs.hpp"
#include "subject.hpp"
#include "tests/catch.hpp"
#include "tests/seed.hpp"

#include <fmt/format.h>

using namespace hone::emu;
using namespace hone::emu::test;

namespace {

constexpr std::array archs{"sm_75", "sm_80", "sm_86", "sm_89", "sm_120"};

struct Covered {
    const char* family;
    std::vector<const char*> problems; // each has a space of its own
};
const std::vector<Covered>& families() {
    static const std::vector<Covered> all{
        {"gemm_simt",
         {"gemm m=300 n=300 k=300 a=f32 layout=nt epilogue=bias+gelu",
          "gemm m=300 n=300 k=300 a=f32 layout=tn scale=alpha_beta c=f32 batch=2",
          "gemm m=300 n=300 k=300 a=bf16 layout=nn leading=strided alignment=8 epilogue=swiglu",
          "gemm m=300 n=300 k=300 a=s8 d=s32 layout=tt accumulate=true"}},
        {"gemm_mma",
         {"gemm m=200 n=200 k=400 a=f16 layout=nt epilogue=bias+gelu",
          "gemm m=200 n=200 k=400 a=bf16 layout=tn scale=alpha_beta c=f32 batch=2",
          "gemm m=200 n=200 k=400 a=bf16 layout=nn leading=strided alignment=4 epilogue=swiglu",
          "gemm m=200 n=200 k=400 a=f32 layout=nt", "gemm m=200 n=200 k=400 a=tf32 d=f32 layout=tt",
          "gemm m=200 n=200 k=400 a=s8 d=s32 layout=nn accumulate=true",
          "gemm m=200 n=200 k=400 a=e4m3 d=f32 layout=nt"}},
        {"gemm_w4a16",
         {"gemm m=5 n=600 k=768 a=f16 b=s4 layout=nt group=128",
          "gemm m=100 n=300 k=512 a=bf16 b=s4 layout=nt group=32 epilogue=swiglu"}},
        {"attention_mma",
         {"attention batch=1 heads=2 kv_len=200 head_dim=64 dtype=f16 causal=true lse=true",
          "attention batch=2 heads=4 kv_heads=2 lengths.distribution=uniform lengths.low=10 "
          "lengths.high=150 head_dim=64 dtype=bf16 causal=true variable_q=true window=40",
          "attention batch=2 heads=8 kv_heads=2 q_len=1 lengths.distribution=uniform "
          "lengths.low=10 lengths.high=300 head_dim=128 dtype=bf16 page_size=16",
          "attention batch=1 heads=2 q_len=40 kv_len=100 head_dim=96 dtype=f16 layout=bhsd "
          "softcap=20.0"}},
        {"attention_mma_backward",
         {"attention pass=backward batch=1 heads=4 kv_heads=2 kv_len=150 head_dim=64 dtype=f16 "
          "causal=true"}},
    };
    return all;
}

const hone::Registry& plugins() {
    static const std::array kinds{hone::PluginKind::family};
    static const hone::Registry registry(hone::Options{}, kinds);
    return registry;
}

// Nothing where the family does not serve the problem on the architecture.
std::vector<hone::Config> covering(const char* family, const char* problem, const char* arch) {
    const hone::KernelFamily& known = plugins().family(family);
    const hone::DeviceModel model = EmuBackend().devices(arch).front().model;
    const hone::WorkloadItem item = hone::parse_problem(problem, plugins().operations());
    std::vector<hone::Config> configs;
    if (!known.supports(item.problem, model).yes) return configs;
    const hone::SearchSpace space = known.space(item.problem, model);
    for (const hone::ConfigIndex index : hone::covering_set(space, 1))
        configs.push_back(space.config(index));
    return configs;
}

// What is wrong with a candidate, or empty.
std::string wrong(const char* family, const char* problem, const char* arch,
                  const hone::Config& config, int operand_sets) {
    try {
        Subject subject({"the candidate",
                         family,
                         arch,
                         config.canonical_text(),
                         {problem},
                         true,
                         operand_sets});
        const std::array seeded{Schedule{Schedule::Kind::seeded, hone::test::seed()}};
        const Sighting seen = subject.run(subject.texts(), seeded);
        return seen.noticed ? seen.how : "";
    } catch (const hone::Error& error) {
        return error.what();
    }
}

bool has_nvrtc() { return EmuBackend().missing().empty(); }

} // namespace

TEST_CASE("a part of the candidates that cover all pairs is right, of every family on every "
          "architecture",
          "[coverage]") {
    if (!has_nvrtc()) HONE_SKIP("no NVRTC");
    const std::uint64_t seed = hone::test::seed();
    std::size_t turn = 0;
    for (const Covered& covered : families())
        for (const char* arch : archs) {
            const std::size_t count = covered.problems.size();
            // The first problem from here on that the architecture has the instructions for.
            for (std::size_t i = 0; i < count; ++i) {
                const char* problem = covered.problems[(seed + turn + i) % count];
                const std::vector<hone::Config> configs = covering(covered.family, problem, arch);
                if (configs.empty()) continue;
                const hone::Config& config = configs[(seed / count + turn) % configs.size()];
                CAPTURE(covered.family, arch, problem, config.canonical_text());
                CHECK(wrong(covered.family, problem, arch, config, 1) == "");
                break;
            }
            ++turn;
        }
}

TEST_CASE("all candidates that cover all pairs are right", "[.nightly][coverage]") {
    if (!has_nvrtc()) HONE_SKIP("no NVRTC");
    for (const Covered& covered : families())
        for (const char* arch : archs)
            for (const char* problem : covered.problems) {
                const std::vector<hone::Config> configs = covering(covered.family, problem, arch);
                std::size_t right = 0;
                for (const hone::Config& config : configs) {
                    const std::string how = wrong(covered.family, problem, arch, config, 1);
                    right += how.empty();
                    CAPTURE(covered.family, arch, problem, config.canonical_text());
                    CHECK(how == "");
                }
                fmt::print("{} {} {}: {} of {}\n", covered.family, arch, problem, right,
                           configs.size());
                std::fflush(stdout);
            }
}
