#!/usr/bin/env bash
# Makes tests/emu/ptx/*.ptx again from the kernels beside this file: make_golden.sh (needs nvcc).
set -eu
cd "$(dirname "$0")"
make() { # OUTPUT ARCH SOURCE OPTION...
    local output=../ptx/$1.ptx arch=$2 source=$3
    shift 3
    nvcc -ptx -std=c++17 -arch="$arch" -lineinfo "$@" "$source" -o "$output"
    sed -i "s#\"/[^\"]*/\([^\"/]*\)\"#\"\1\"#" "$output" # paths of this machine
}
make gemm_tiled.sm_80 sm_80 gemm_tiled.cu
make gemm_mma.sm_80 sm_80 gemm_mma.cu
make gemm_mma_conflicts.sm_80 sm_80 gemm_mma.cu -DSWIZZLE=0
make bugs.sm_80 sm_80 bugs.cu
make flow.sm_80 sm_80 flow.cu
make ordinary.sm_80 sm_80 ordinary.cu
