#!/bin/bash
# Builds the static programs of the workloads:  build.sh FOLDER
# FOLDER/work runs on any x86-64 (its vector programs, *_lanes.c, need x86-64-v2), FOLDER/work-v3 needs x86-64-v3.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT

# build OUTPUT MARCH MARCH-OF-THE-VECTOR-PROGRAMS
build() {
    local source options
    for source in "$here"/*.c; do
        case $source in
            *_lanes.c) options="-O3 -fno-math-errno -fno-trapping-math -march=$3" ;;
            *) options="-O2 -march=$2" ;;
        esac
        # shellcheck disable=SC2086 # options are words
        gcc -std=gnu17 -Wall -Wextra -Werror $options -c -o "$objects/$(basename "$source").o" "$source"
    done
    gcc -static -pthread -s -Wl,--build-id=none -o "$1" "$objects"/*.o
}

mkdir -p "$1"
build "$1/work" x86-64 x86-64-v2
build "$1/work-v3" x86-64-v3 x86-64-v3
