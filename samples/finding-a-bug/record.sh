#!/bin/bash
# Builds the awk of BusyBox 1.35.0 as it was released, from Debian's archive without Debian's patches, and records a guest in which it dies of
# CVE-2022-30065 (docs/finding-a-bug.md).
#
#   samples/finding-a-bug/record.sh [FOLDER]     makes FOLDER/awk (the program, of FOLDER/busybox-1.35.0), awk.cpio.gz (the guest) and awk.rk (default: awk)
#
# Needs gcc, make and bzip2.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
samples=$here/../guest
mkdir -p "${1:-awk}"
folder=$(cd "${1:-awk}" && pwd)
fetched=$("$samples/fetch.sh" 6.1)
eval "$fetched"
. "$samples/packages.sh"
refresh sources
archive=$(fetch_source sources busybox)
flock -u 9
build=$folder/busybox-1.35.0
rm -rf "$build"
tar -C "$folder" -xf "$archive"/busybox_1.35.0.orig.tar.bz2
make -s -C "$build" allnoconfig > /dev/null
for option in STATIC DEBUG AWK FEATURE_AWK_LIBM FEATURE_AWK_GNU_EXTENSIONS; do
    sed -i "s/^# CONFIG_$option is not set/CONFIG_$option=y/" "$build/.config"
done
make -s -C "$build" -j"$(nproc)" > "$build/log" 2>&1 || { cat "$build/log" >&2; exit 1; }
cp "$build/busybox_unstripped" "$folder/awk"
"$samples/initramfs.sh" --busybox "$busybox" --script "$here/session.sh" --file "$folder/awk:/bin/awk" -o "$folder/awk.cpio.gz" > /dev/null
"$here/../../replaykit" record --kernel "$vmlinuz" --initrd "$folder/awk.cpio.gz" --append 'console=ttyS0 quiet' --memory 512M -o "$folder/awk.rk"
