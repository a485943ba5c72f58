#!/usr/bin/env bash
# bench/gpu/run.sh [--device cuda:0] [--out FOLDER] [--budget 30m] [--sample 12]
#                  [--workload FILE] [--problems FILE] [--family NAME]...
#
# On a machine with an NVIDIA GPU: proves a sample of every family on the card and in the emulator,
# tunes bench/gpu/workload.toml, compares the winners with cuBLASLt and, where PyTorch is installed,
# its attention, and writes everything into FOLDER (default gpu-results/DATE): the documents as JSON,
# what the card is and how it was clocked, and report.md with the commands that made them.
#
# --problems: what is proved (verify.toml). HONE names a hone that is built already, else ./dev builds one.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
device=cuda:0 out="" budget=30m sample=12 workload=$here/workload.toml problems=$here/verify.toml
families=()
while [ $# -gt 0 ]; do
    case $1 in
        --device) device=$2; shift 2 ;;
        --out) out=$2; shift 2 ;;
        --budget) budget=$2; shift 2 ;;
        --sample) sample=$2; shift 2 ;;
        --family) families+=(--family "$2"); shift 2 ;;
        --workload) workload=$(realpath "$2"); shift 2 ;;
        --problems) problems=$(realpath "$2"); shift 2 ;;
        *) sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
    esac
done
out=${out:-$root/gpu-results/$(date -u +%Y-%m-%dT%H%M%SZ)}
mkdir -p "$out"
out=$(realpath "$out")
cd "$root"

steps=()
failed=()
step() {  # FILE COMMAND...: runs it, keeps stdout in FILE, goes on after a failure
    local file=$1
    shift
    steps+=("$file: $*")
    echo "== $*" >&2
    "$@" >"$out/$file" 2> >(tee "$out/$file.log" >&2) || failed+=("$file: exit code $?")
}

hone=(./dev hone)
if [ -n "${HONE:-}" ]; then hone=("$HONE"); else ./dev build; fi
step doctor.txt "${hone[@]}" doctor
if ! "${hone[@]}" list devices --format jsonl | grep -q "\"$device\""; then
    echo "no device $device: see $out/doctor.txt" >&2
    exit 4
fi

# The card, and how it is clocked before and after.
clocks() {
    nvidia-smi --query-gpu=name,driver_version,vbios_version,clocks.sm,clocks.mem,clocks.max.sm,power.draw,power.limit,temperature.gpu,ecc.mode.current,clocks_throttle_reasons.active --format=csv
}
step model.txt "${hone[@]}" doctor --export-device --device "$device"
step clocks-before.csv clocks
arch=$(grep -o 'arch=sm_[0-9a-z]*' "$out/model.txt" | head -1 | cut -d= -f2)

step verify-card.json "${hone[@]}" verify "$problems" "${families[@]}" --device "$device" --sample "$sample" --format json
step verify-emulator.json "${hone[@]}" verify "$problems" "${families[@]}" --device "emu:${arch%a}" --sample "$sample" --proxies --run-seconds 300 --format json
step tune.json "${hone[@]}" tune "$workload" "${families[@]}" --device "$device" --budget "$budget" --format json
step bench.json "${hone[@]}" bench "$workload" --device "$device" --format json
if python3 -c 'import torch, sys; sys.exit(not torch.cuda.is_available())' 2>"$out/torch.log"; then
    step torch.jsonl python3 "$here/torch_attention.py"
else
    failed+=("torch.jsonl: PyTorch with CUDA is not installed")
fi
step clocks-after.csv clocks
step bench.md "${hone[@]}" bench "$workload" --device "$device" --format md

{
    echo "# hone on $(sed -n 2p "$out/clocks-before.csv" | cut -d, -f1)"
    echo
    echo "Commit $(git rev-parse --short HEAD), $(date -u +%Y-%m-%d). Before and after:"
    printf '\n```\n'
    cat "$out/clocks-before.csv" "$out/clocks-after.csv"
    printf '```\n\n'
    cat "$out/bench.md"
    if [ -s "$out/torch.jsonl" ]; then printf '\nPyTorch:\n\n```\n'; cat "$out/torch.jsonl"; printf '```\n'; fi
    printf '\nCommands:\n\n'
    printf -- '- `%s`\n' "${steps[@]}"
    if [ ${#failed[@]} -gt 0 ]; then printf '\nNot done:\n\n'; printf -- '- %s\n' "${failed[@]}"; fi
} >"$out/report.md"
echo "$out/report.md" >&2
[ ${#failed[@]} -eq 0 ]
