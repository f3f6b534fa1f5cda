#!/bin/bash
# Runs on this machine what programs.sh built for a guest: in a root folder of its own, with its own mounts, processes and network.
#
#   samples/guest/native.sh ROOT [x86-64-v2|x86-64-v3]     the C library chooses its functions as on a processor of that level (default: x86-64-v3)
#
# Needs root or a machine that allows namespaces of users. What the guest's script writes outside /tmp stays in ROOT.
set -euo pipefail

root=$(cd "$1" && pwd)
case ${2:-x86-64-v3} in
    x86-64-v2) hidden=-AVX512F,-AVX512VL,-AVX512BW,-AVX2,-AVX,-FMA,-FMA4,-BMI1,-BMI2,-LZCNT,-MOVBE,-F16C ;;
    x86-64-v3) hidden=-AVX512F,-AVX512VL,-AVX512BW ;;
    *) echo "native.sh: no such level: $2" >&2; exit 1 ;;
esac
# Who is not root is root in a namespace of users, if the machine allows that.
as=()
[ "$(id -u)" -eq 0 ] || as=(--map-root-user)
# The mounts vanish with the namespaces.
exec unshare "${as[@]}" --mount --pid --net --uts --fork bash -euc '
    mount -t tmpfs none "$1/dev"
    mount -t tmpfs none "$1/tmp"
    mount -t proc proc "$1/proc"
    for device in null zero random urandom; do
        # A device cannot be made in a namespace of users: there the file itself is mounted.
        mknod -m 666 "$1/dev/$device" c 1 "$(case $device in null) echo 3 ;; zero) echo 5 ;; random) echo 8 ;; urandom) echo 9 ;; esac)" 2>/dev/null || {
            touch "$1/dev/$device"
            mount --bind "/dev/$device" "$1/dev/$device"
        }
    done
    exec chroot "$1" /bin/busybox env -i GLIBC_TUNABLES="glibc.cpu.hwcaps=$2" PATH=/bin:/usr/bin HOME=/root TERM=vt100 /bin/busybox sh /script </dev/null
' native "$root" "$hidden"
