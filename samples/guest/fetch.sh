#!/bin/bash
# Fetches Debian's cloud kernel and busybox-static as packages and unpacks them into a cache (packages.sh). Nothing is installed.
#
#   samples/guest/fetch.sh [6.1|6.12]     6.1 (default): the newest linux-image-cloud-amd64 of Debian 12
#                                         6.12: the newest one of Debian 12's backports
#
# Prints lines for `eval "$(samples/guest/fetch.sh)"`:  vmlinuz=PATH  modules=FOLDER (of the kernel's modules)  busybox=PATH
set -euo pipefail

version=${1:-6.1}
case $version in
    6.1) kernel_set=stable ;;
    6.12) kernel_set=backports ;;
    *) echo "usage: ${0##*/} [6.1|6.12]" >&2; exit 1 ;;
esac
. "$(dirname "$0")/packages.sh"

refresh stable
refresh "$kernel_set"
image=$(private "$cache/apt/$kernel_set" apt-cache show linux-image-cloud-amd64 |
    sed -nE 's/^Depends:.*(linux-image-[0-9][^ ,]*-cloud-amd64).*/\1/p' | head -1)
kernel_version=$(candidate "$kernel_set" "$image")
busybox_version=$(candidate stable busybox-static)
kernel=$(unpack "$kernel_set" "$image" "$kernel_version")
busybox=$(unpack stable busybox-static "$busybox_version")
printf 'vmlinuz=%q\n' "$kernel"/boot/vmlinuz-*
printf 'modules=%q\n' "$kernel"/lib/modules/*
printf 'busybox=%q\n' "$busybox/bin/busybox"
