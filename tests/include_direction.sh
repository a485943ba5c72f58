#!/usr/bin/env bash
# Checks that includes go one way: include_direction.sh [--check-marked] TREE
#
# Prints each include that breaks the rule and exits 1 if there is one. With --check-marked, TREE is a
# fixture: exactly the lines that carry the comment "refused" must break the rule.
set -eu

# room: the rooms it may include, besides itself, base and include/hone.
rooms='
base:
op:
space:
device:
plugin:
cache:     op
worker:    plugin device
measure:   worker op device
tune:      op space worker measure plugin cache device
dispatch:  op plugin cache device
replay:    plugin space tune
interchange: replay
report:    op cache replay
cli:       report tune dispatch cache replay interchange
'
# Besides: include/hone includes only itself and the standard library; lib and cache include neither
# CUDA nor LLVM; plugins/*, search/*, cache/stores/* and examples/* include only include/hone, their
# own folder and third parties, families also plugins/cuda_family or plugins/cpu_family, search/* also search/common, search/portfolio all strategies; no
# include climbs out of its folder with "..".

marked=0
if [ "${1-}" = --check-marked ]; then marked=1; shift; fi
cd "$1"

folders=()
for folder in include lib cache plugins search examples; do
    if [ -d "$folder" ]; then folders+=("$folder"); fi
done
[ ${#folders[@]} -gt 0 ] || exit 0

find "${folders[@]}" -type f -regex '.*\.\(h\|hpp\|c\|cpp\|cu\|cuh\|inl\)' | sort |
    awk -v rooms="$rooms" -v marked="$marked" '
function place_of(path, part) {  # the room or outer part a path lies in
    split(path, part, "/")
    if (part[1] == "lib") return part[2]
    if (part[1] == "cache") return part[2] == "stores" ? "store" : "cache"
    return part[1]
}
function strategy_complaint(file, target, mine, its) {  # between the folders of search
    split(file, mine, "/")
    split(target, its, "/")
    if (its[2] == mine[2] || its[2] == "common" || mine[2] == "portfolio" && its[2] != "") return ""
    return "search/" mine[2] " may not include search/" its[2]
}
function complaint(file, target, angled, from, to) {  # empty when the include is in order
    from = place_of(file)
    if (target ~ /(^|\/)\.\.(\/|$)/) return "an include climbs out of its folder"
    if (target ~ /^hone\//) return ""
    if (from == "include")
        return angled && target ~ /^[a-z_0-9]+(\.h)?$/ && target !~ /^(cuda|nv)/ ? "" : \
               "a public header includes only <hone/...> and the standard library"
    if (target !~ /^(lib|cache|plugins|search|tests|bench|examples)\//) {
        if ((from in allowed) && target ~ /^(cuda|nvrtc|nvml|cublas|llvm|clang)/)
            return "libhone links neither CUDA nor LLVM"
        return ""
    }
    to = place_of(target)
    if (from == "search" && to == "search") return strategy_complaint(file, target)
    if (!(from in allowed)) return from "/* includes only <hone/...>, its own folder and third parties"
    if (to == from || to == "base" || index(allowed[from], " " to " ")) return ""
    return from " may not include " to
}
BEGIN {
    count = split(rooms, lines, "\n")
    for (i = 1; i <= count; ++i)
        if (split(lines[i], side, ":") == 2) { gsub(/ +/, " ", side[2]); allowed[side[1]] = side[2] " " }
}
{
    file = $0
    for (number = 1; (getline line < file) > 0; ++number) {
        if (line !~ /^[ \t]*#[ \t]*include[ \t]*[<"]/) continue
        target = line
        sub(/^[^<"]*[<"]/, "", target)
        sub(/[>"].*$/, "", target)
        why = complaint(file, target, line ~ /include[ \t]*</)
        expected = marked && line ~ /\/\/ refused$/
        if (!expected != !why) {
            print file ":" number ": " (why ? why : "not refused") ": " line
            bad = 1
        }
    }
    close(file)
}
END { exit bad }'
