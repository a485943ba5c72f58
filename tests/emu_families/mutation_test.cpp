// Would the checks notice? Synchronisation of real kernels is deleted and their numbers are
// changed, one at a time; a mutant is noticed by a report or by results that verification refuses.
#include "backend.hpp"
#include "subject.hpp"
#include "tests/catch.hpp"
#include "tests/emu/mutant.hpp"
#include "tests/seed.hpp"

#include <fmt/format.h>

#include <algorithm>

using namespace hone::emu;
using namespace hone::emu::test;

namespace {

const std::vector<SubjectSpec>& subjects() {
    static const std::vector<SubjectSpec> all{
        {"simt",
         "gemm_simt",
         "sm_75",
         "BM=32 BN=32",
         {"gemm m=40 n=36 k=33 a=f32 layout=nt epilogue=bias+relu",
          "gemm m=70 n=100 k=64 batch=2 a=f32 layout=nt epilogue=bias+relu",
          "gemm m=64 n=64 k=1 a=f32 layout=nt epilogue=bias+relu",
          "gemm m=3 n=35 k=130 a=f32 layout=nt epilogue=bias+relu",
          "gemm m=64 n=64 k=37 a=f32 layout=nt epilogue=bias+relu"}},
        {"simt split",
         "gemm_simt",
         "sm_86",
         "BM=32 BN=32 SPLIT=2",
         {"gemm m=40 n=36 k=70 a=bf16 layout=nn scale=alpha_beta c=f32",
          "gemm m=33 n=64 k=132 batch=2 a=bf16 layout=nn scale=alpha_beta c=f32",
          "gemm m=64 n=37 k=75 a=bf16 layout=nn scale=alpha_beta c=f32"}},
        {"mma pipelined",
         "gemm_mma",
         "sm_80",
         "BM=32 BN=32 BK=32 WM=16 WN=16 STAGES=3 GROUP=4",
         {"gemm m=40 n=72 k=136 a=bf16 layout=nt", "gemm m=33 n=31 k=70 batch=2 a=bf16 layout=nt",
          "gemm m=200 n=64 k=66 a=bf16 layout=nt", "gemm m=64 n=64 k=129 a=bf16 layout=nt",
          "gemm m=64 n=64 k=200 a=bf16 layout=nt"}},
        {"mma split, whole tile",
         "gemm_mma",
         "sm_86",
         "BM=32 BN=64 BK=32 WM=32 WN=32 STAGES=2 GROUP=1 SPLIT=2 WIDE_STORES=0",
         {"gemm m=40 n=72 k=136 a=f16 layout=tn epilogue=bias+gelu",
          "gemm m=33 n=34 k=70 batch=2 a=f16 layout=tn epilogue=bias+gelu",
          "gemm m=64 n=128 k=131 a=f16 layout=tn epilogue=bias+gelu",
          "gemm m=63 n=127 k=128 a=f16 layout=tn epilogue=bias+gelu"}},
        {"mma through registers",
         "gemm_mma",
         "sm_75",
         "BM=32 BN=32 BK=32 WM=16 WN=16 ASYNC=0 STAGES=2 GROUP=4",
         {"gemm m=40 n=72 k=136 a=f16 layout=nn epilogue=swiglu",
          "gemm m=33 n=34 k=70 batch=2 a=f16 layout=nn epilogue=swiglu",
          "gemm m=64 n=64 k=131 a=f16 layout=nn epilogue=swiglu",
          "gemm m=64 n=62 k=64 a=f16 layout=nn epilogue=swiglu"}},
        {"w4a16",
         "gemm_w4a16",
         "sm_80",
         "",
         {"gemm m=5 n=72 k=192 a=f16 b=s4 layout=nt group=64",
          "gemm m=17 n=130 k=256 a=f16 b=s4 layout=nt group=64"}},
        {"attention",
         "attention_mma",
         "sm_80",
         "",
         {"attention batch=1 heads=2 kv_len=70 head_dim=64 dtype=f16 causal=true lse=true",
          "attention batch=2 heads=2 q_len=40 kv_len=150 head_dim=64 dtype=f16 causal=true "
          "lse=true",
          "attention batch=1 heads=1 q_len=150 kv_len=20 head_dim=64 dtype=f16 causal=true "
          "lse=true"}},
        {"attention decode",
         "attention_mma",
         "sm_89",
         "SPLIT=2 BQ=16",
         {"attention batch=2 heads=4 kv_heads=2 q_len=1 kv_len=150 head_dim=64 dtype=bf16 "
          "page_size=16",
          "attention batch=1 heads=2 kv_heads=1 q_len=1 kv_len=10 head_dim=64 dtype=bf16 "
          "page_size=16"}},
        {"attention backward",
         "attention_mma_backward",
         "sm_80",
         "",
         {"attention pass=backward batch=1 heads=2 kv_heads=1 kv_len=70 head_dim=64 dtype=f16 "
          "causal=true window=40",
          "attention pass=backward batch=1 heads=2 kv_heads=1 q_len=20 kv_len=150 head_dim=64 "
          "dtype=f16 causal=true window=40",
          "attention pass=backward batch=2 heads=2 kv_heads=1 q_len=150 kv_len=20 head_dim=64 "
          "dtype=f16 causal=true window=40"}},
    };
    return all;
}

// Changes that change no result, by the source line they are in. Anything else that survives
// counts.
struct Harmless {
    const char* source;
    const char* why;
};
constexpr Harmless harmless[] = {
    {"% 16 == 0", "chooses the narrow path, as right; the wide one on unaligned data is reported"},
    {"reinterpret_cast<unsigned long long>(data)", "as above"},
    {"strides.head) * 2", "as above"},
    {"stride % VEC == 0", "as above"},
    {"% sizeof(run) == 0", "as above"},
    {"column + N <= gemm.d_columns()", "as above"},
    {"inside == VEC && aligned", "as above"},
    {"if (aligned)", "as above"},
    {"source[j] : T{}", "padding: where one operand has it, the other has 0, or no row of D is"},
    {"int rest = max(0, min(4", "the same, for words"},
    {"rest > 0 ? source", "an address of which nothing is read"},
    {"inside > 0 ? from", "as above"},
    {"inside > 0 ? source + chunk * 8", "as above"},
};

struct Count {
    int all = 0, noticed = 0;
    int unchanged = 0;      // the instruction writes what it wrote before
    int without_effect = 0; // no branch, address or stored value differs
    int explained = 0;      // by the list above
    std::string survivors;

    [[nodiscard]] int equivalent() const { return unchanged + without_effect + explained; }
    [[nodiscard]] double share() const {
        return all == equivalent() ? 1 : double(noticed) / (all - equivalent());
    }
};

void add(Count& count, Subject& subject, std::size_t module, const Mutant& mutant) {
    std::vector<std::string> texts = subject.texts();
    const std::string& ptx = subject.texts()[module];
    texts[module] = with_line(ptx, mutant.line, mutant.after);
    ++count.all;
    const Sighting seen = subject.run(texts);
    if (seen.noticed) {
        ++count.noticed;
        return;
    }
    if (!mutant.after.empty()) {
        if (!mutant.probe.empty()) {
            texts[module] = with_line(ptx, mutant.line, mutant.probe);
            if (!subject.run(texts).noticed) {
                ++count.unchanged;
                return;
            }
        }
        if (seen.same_trace) {
            ++count.without_effect;
            return;
        }
        const std::string source = subject.source(module, source_of(ptx, mutant.line));
        for (const Harmless& known : harmless)
            if (source.find(known.source) != std::string::npos && seen.same_bits) {
                ++count.explained;
                return;
            }
    }
    count.survivors +=
        fmt::format("{}{}: {} -> {}\n", source_of(ptx, mutant.line),
                    seen.same_bits ? "" : " (other bits)", mutant.before, mutant.after);
}

struct Tally {
    Count deleted, changed;
};

// `most`: of the changed numbers, by chance.
Tally count(const SubjectSpec& spec, std::size_t most) {
    Subject subject(spec);
    Tally counts;
    std::mt19937_64 random(hone::test::seed());
    std::vector<std::pair<std::size_t, Mutant>> changed;
    for (std::size_t module = 0; module < subject.texts().size(); ++module) {
        const std::string& ptx = subject.texts()[module];
        for (const Mutant& mutant : without_synchronisation(ptx, subject.executed(module)))
            add(counts.deleted, subject, module, mutant);
        for (Mutant& mutant : with_other_numbers(ptx, subject.executed(module), random))
            changed.emplace_back(module, std::move(mutant));
    }
    std::shuffle(changed.begin(), changed.end(), random);
    changed.resize(std::min(changed.size(), most));
    for (const auto& [module, mutant] : changed) add(counts.changed, subject, module, mutant);
    return counts;
}

bool has_nvrtc() { return EmuBackend().missing().empty(); }

} // namespace

TEST_CASE("deleted synchronisation and changed numbers of a kernel are noticed", "[mutation]") {
    if (!has_nvrtc()) HONE_SKIP("no NVRTC");
    // Which kernel rotates with the commit.
    const SubjectSpec& spec = subjects()[hone::test::seed() % subjects().size()];
    const Tally counts = count(spec, 40);
    CAPTURE(spec.name, counts.deleted.survivors, counts.changed.survivors, counts.changed.noticed,
            counts.changed.equivalent());
    CHECK(counts.deleted.all > 0);
    CHECK(counts.deleted.noticed == counts.deleted.all);
    CHECK(counts.changed.all == 40);
    // Of some 30 that were drawn: what the share of all must be, the next test says.
    CHECK(counts.changed.share() >= 0.8);
}

TEST_CASE("all of them, of every kernel", "[.nightly][mutation]") {
    if (!has_nvrtc()) HONE_SKIP("no NVRTC");
    int noticed = 0, different = 0;
    for (const SubjectSpec& spec : subjects()) {
        const Tally counts = count(spec, ~std::size_t{0});
        const Count& changed = counts.changed;
        fmt::print("{}: deleted {} of {}; changed {} noticed of {}, {} unchanged, {} without "
                   "effect, {} explained: {:.1f} %\n{}{}",
                   spec.name, counts.deleted.noticed, counts.deleted.all, changed.noticed,
                   changed.all, changed.unchanged, changed.without_effect, changed.explained,
                   100 * changed.share(), counts.deleted.survivors, changed.survivors);
        std::fflush(stdout);
        CAPTURE(spec.name, counts.deleted.survivors, changed.survivors);
        CHECK(counts.deleted.noticed == counts.deleted.all);
        CHECK(changed.share() >= 0.9);
        noticed += changed.noticed;
        different += changed.all - changed.equivalent();
    }
    CHECK(noticed >= 0.95 * different);
}
