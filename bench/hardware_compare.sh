#!/bin/bash
# Compares every instruction of both engines with the host's own CPU: the long form of the tests in tests/Guest.Machine.Tests/Hardware.
#   bench/hardware_compare.sh [CASES] [SEED]     cases per instruction (110000), seed (today's date)
# Exit code: 0 all agree, 3 something differs (what, with a command that runs it again), 4 the host cannot do it.
set -uo pipefail
cd "$(dirname "$0")/.."
cases=${1:-110000} seed=${2:-$(date +%Y%m%d)} jobs=$(nproc)
project=tests/Guest.Machine.Hardware
echo "building $project (Release)"
dotnet build "$project" -c Release -v quiet --nologo || exit 1
run() { dotnet "$project/bin/Release/net10.0/hardware-compare.dll" "$@"; }

grep -m1 'model name' /proc/cpuinfo
echo "commit $(git rev-parse --short HEAD 2>/dev/null), seed $seed, $cases cases per instruction, $jobs processes"
start=$SECONDS
output=$(mktemp)
trap 'rm -f "$output"' EXIT
common=(--cases "$cases" --states 64 --seed "$seed" --jobs "$jobs")
{ run --exhaustive && run "${common[@]}" && run "${common[@]}" --bits 32 && run "${common[@]}" --engine translator &&
    run --sequences $((cases * 10)) --seed "$seed" --jobs "$jobs"; } | tee "$output"
status=${PIPESTATUS[0]}
awk -v seconds=$((SECONDS - start)) '
    / cases \(at least / { gsub(",", ""); instructions += $1; cases += $3; differ += $(NF - 2) }
    END { printf "in all: %d cases, %d instructions differ, %d seconds\n", cases, differ, seconds }' "$output"
exit "$status"
