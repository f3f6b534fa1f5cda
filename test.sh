#!/bin/bash
# Builds everything and runs every test. Installs by apt-get what the tests need and the machine lacks; says what it does.
#   ./test.sh [PROJECT...]     only the test projects named, such as Replay.Log.Tests
set -uo pipefail
cd "$(dirname "$0")"
. eng/need.sh
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

command -v dotnet >/dev/null || { echo 'test.sh: the .NET SDK is missing (dotnet is not in PATH)' >&2; exit 4; }
need gcc=gcc as=binutils zstd=zstd xz=xz-utils qemu-img=qemu-utils mke2fs=e2fsprogs passt=passt cpio=cpio qemu-system-x86_64=qemu-system-x86 ip=iproute2 iasl=acpica-tools node=nodejs npm=npm gdb=gdb
echo 'building (Release)'
dotnet build ReplayKit.sln -c Release -v quiet --nologo || exit 1

passed=0 failed=0 skipped=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for project in tests/*.Tests; do
    name=${project#tests/}
    if [ $# -gt 0 ] && [[ " $* " != *" $name "* ]]; then
        continue
    fi
    echo "testing $name"
    dotnet test "$project" -c Release --no-build --nologo 2>&1 | tee "$log"
    status=${PIPESTATUS[0]}
    totals=$(sed -nE 's/.*Failed: *([0-9]+), Passed: *([0-9]+), Skipped: *([0-9]+).*/\1 \2 \3/p' "$log" | tail -1)
    if [ -z "$totals" ]; then
        # No totals: the project has no tests, or its run was torn down. Only the first is fine.
        grep -q 'No test is available' "$log" && [ "$status" -eq 0 ] || failed=$((failed + 1))
        continue
    fi
    read -r f p s <<< "$totals"
    [ "$status" -eq 0 ] || [ "$f" -gt 0 ] || f=1
    failed=$((failed + f)) passed=$((passed + p)) skipped=$((skipped + s))
done

[ "$skipped" -eq 0 ] || echo "$skipped skipped"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
