#!/bin/bash
# The whole of it in one go: boots a stock Debian kernel to a busybox shell under the recorder, replays and verifies the
# recording, exports a window of its trace to Parquet and asks DuckDB about it.
#   ./demo.sh [6.1|6.12]
set -euo pipefail
cd "$(dirname "$0")"
. eng/need.sh
kernel=${1:-6.1}
out=${REPLAYKIT_DEMO:-$PWD/.cache/demo}
recording=$out/boot-$kernel.rk
step() { printf '\n== %s\n' "$*" >&2; }

step 'tools'
need cpio=cpio node=nodejs npm=npm
node_packages "$PWD/samples/query"

step "fetching Debian's linux-image-cloud-amd64 ($kernel) and busybox-static, without installing them"
eval "$(samples/guest/fetch.sh "$kernel")"
mkdir -p "$out"
samples/guest/initramfs.sh --busybox "$busybox" --script samples/guest/demo-session.sh -o "$out/initramfs.cpio.gz" >/dev/null
echo "kernel:    $vmlinuz" >&2
echo "initramfs: $out/initramfs.cpio.gz" >&2

step "recording a boot of the unmodified kernel to $recording"
rm -rf "$recording" "$out/trace-$kernel"
./replaykit record --kernel "$vmlinuz" --initrd "$out/initramfs.cpio.gz" --append 'console=ttyS0 quiet' --memory 512M \
    --cpus 1 --cpu x86-64-v3 --clock host -o "$recording" </dev/null | tee "$out/console-$kernel.txt"

step 'what was recorded'
./replaykit info "$recording"

step 'replaying it, every state hash compared'
./replaykit verify "$recording"

step 'the console text of a replay against that of the recording'
./replaykit replay "$recording" > "$out/replayed-$kernel.txt"
cmp "$out/console-$kernel.txt" "$out/replayed-$kernel.txt"
echo 'the same, byte for byte'

step 'exporting a window of the trace to Parquet'
./replaykit export "$recording" --table instructions,accesses,events --from 50% --to 50.1% --out "$out/trace-$kernel"
ls -l "$out/trace-$kernel"

step 'asking DuckDB: the most frequent operations of the window, and what they touched'
node samples/query/query.mjs "
    SELECT i.ring, i.kind, count(*) AS instructions, count(DISTINCT i.pc) AS places
    FROM '$out/trace-$kernel/instructions*.parquet' i GROUP BY ALL ORDER BY instructions DESC LIMIT 8"
node samples/query/query.mjs "
    SELECT a.rw, a.size, count(*) AS accesses, count(DISTINCT a.paddr // 4096) AS pages
    FROM '$out/trace-$kernel/accesses*.parquet' a GROUP BY ALL ORDER BY accesses DESC LIMIT 8"
