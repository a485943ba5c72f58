#include "tests/catch.hpp"
#include "tests/op/problems.hpp"

#include <string>
#include <vector>

using namespace hone;

namespace {

// Every table that a workload file may hold, with every key that is shown to users.
const char* const workload = R"(
[workload]
name = "llama-3-8b decode"
phase = "decode"            # prefill | decode | training
[[gemm]]
name = "qkv"
m = [1, 8, 64]              # a list makes one problem per value
n = 6144
k = 4096
a = "bf16"
layout = "nt"
epilogue = "bias+silu"
weight = 32
max_error = 3e-3
[[attention]]
pass = "forward"
batch = 8
heads = 32
kv_heads = 8
q_len = 1
kv_len = [1024, 8192]
head_dim = 128
causal = true
dtype = "bf16"
[[attention]]
pass = "forward"
batch = 8
heads = 32
kv_heads = 8
q_len = 1
lengths = { distribution = "uniform", low = 512, high = 8192, seed = 1 }
head_dim = 192
head_dim_v = 128
window = 4096
page_size = 64
softcap = 50.0
causal = true
dtype = "bf16"
[[attention]]
pass = "backward"
batch = 2
heads = 16
q_len = 4096
kv_len = 4096
head_dim = 128
causal = true
dtype = "bf16"
[[grouped_gemm]]
mode = "contiguous"
groups = 8
m = 4096
routing = { distribution = "zipf", s = 1.1, seed = 1 }
n = 4096
k = 7168
a = "e4m3"
scales = "1x128,128x128"
d = "bf16"
layout = "nt"
)";

} // namespace

TEST_CASE("every table of the documented workload file makes problems", "[op]") {
    const Workload parsed = parse_workload(workload, "w.toml", test::core_operations());
    std::vector<std::string> texts;
    for (const WorkloadItem& item : parsed.items) {
        texts.push_back(short_text(item.operation->schema(), item.problem));
    }
    CHECK(texts == std::vector<std::string>{
                       "gemm m=1 n=6144 k=4096 a=bf16 layout=nt epilogue=bias+silu",
                       "gemm m=8 n=6144 k=4096 a=bf16 layout=nt epilogue=bias+silu",
                       "gemm m=64 n=6144 k=4096 a=bf16 layout=nt epilogue=bias+silu",
                       "attention batch=8 heads=32 kv_heads=8 kv_len=1024 q_len=1 head_dim=128 "
                       "dtype=bf16 causal=true",
                       "attention batch=8 heads=32 kv_heads=8 kv_len=8192 q_len=1 head_dim=128 "
                       "dtype=bf16 causal=true",
                       "attention batch=8 heads=32 kv_heads=8 lengths.distribution=uniform "
                       "lengths.low=512 lengths.high=8192 lengths.seed=1 q_len=1 head_dim=192 "
                       "head_dim_v=128 dtype=bf16 causal=true window=4096 softcap=50.0 "
                       "page_size=64",
                       "attention_backward batch=2 heads=16 kv_len=4096 head_dim=128 dtype=bf16 "
                       "causal=true",
                       "grouped_gemm groups=8 m=4096 n=4096 k=7168 a=e4m3 d=bf16 "
                       "scales=1x128,128x128 routing.distribution=zipf routing.seed=1",
                   });
}
