#!/usr/bin/env bash
# run.sh BUILD_TREE CMAKE CXX: builds and runs the consumer against the build tree, then against an
# installation moved away from where it was installed.
set -eu
build=$1 cmake=$2 cxx=$3
source=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

consume() {  # NAME FOLDER_OF_HONE_CONFIG
    "$cmake" -G Ninja -S "$source" -B "$work/$1" -DCMAKE_CXX_COMPILER="$cxx" -Dhone_DIR="$2" >/dev/null
    "$cmake" --build "$work/$1" >/dev/null
    "$work/$1/consumer"
    echo "consumer of the $1: ok"
}

consume build-tree "$build"

"$cmake" --install "$build" --prefix "$work/installed" >/dev/null
mv "$work/installed" "$work/moved"
config=$(find "$work/moved" -name honeConfig.cmake)
consume install-tree "${config%/*}"

# The tool, where this build has one, must find its library from its new place.
tool=$work/moved/bin/hone
if [ -x "$tool" ]; then
    "$tool" --help >/dev/null
    echo "moved tool: ok"
fi
