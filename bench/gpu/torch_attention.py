"""Times PyTorch's scaled_dot_product_attention on the attention problems of workload.toml.

Prints one JSON line per problem: shape, backend, median nanoseconds of 30 runs between events after
10 of warm-up. Used by run.sh where PyTorch is installed; hone itself needs no Python.
"""

import json
import statistics
import sys

import torch
import torch.nn.functional as functional
from torch.nn.attention import SDPBackend, sdpa_kernel

# batch, heads, kv_heads, q_len, kv_len, head_dim, causal, backward
PROBLEMS = [
    (4, 16, 16, 4096, 4096, 128, False, False),
    (4, 16, 16, 4096, 4096, 128, True, False),
    (4, 32, 32, 4096, 4096, 64, True, False),
    *[(b, 32, 8, 1, n, 128, False, False) for b in (1, 16) for n in (4096, 16384)],
    (4, 16, 16, 4096, 4096, 128, True, True),
]


def median_ns(run):
    samples = []
    for i in range(40):
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        run()
        end.record()
        end.synchronize()
        if i >= 10:
            samples.append(begin.elapsed_time(end) * 1e6)
    return round(statistics.median(samples))


def time_problem(backend, batch, heads, kv_heads, q_len, kv_len, dim, causal, backward):
    def tensor(count, length):
        return torch.randn(batch, count, length, dim, device="cuda", dtype=torch.bfloat16,
                           requires_grad=backward)

    q, k, v = tensor(heads, q_len), tensor(kv_heads, kv_len), tensor(kv_heads, kv_len)

    def forward():
        return functional.scaled_dot_product_attention(q, k, v, is_causal=causal,
                                                       enable_gqa=heads != kv_heads)

    with sdpa_kernel(backend):
        if not backward:
            with torch.no_grad():
                return median_ns(forward)
        out = forward()
        gradient = torch.randn_like(out)
        return median_ns(lambda: torch.autograd.grad(out, (q, k, v), gradient, retain_graph=True))


for problem in PROBLEMS:
    for backend in (SDPBackend.FLASH_ATTENTION, SDPBackend.CUDNN_ATTENTION):
        try:
            print(json.dumps({"problem": problem, "backend": backend.name,
                              "median_ns": time_problem(backend, *problem)}), flush=True)
        except RuntimeError as error:
            print(f"{problem} {backend.name}: {error}", file=sys.stderr)
