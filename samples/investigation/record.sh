#!/bin/bash
# Builds the server of docs/investigation.md, and records a guest in which four clients load it.
#
#   samples/investigation/record.sh [FOLDER]     makes FOLDER/shop (the program), shop.cpio.gz (the guest) and shop.rk (default: shop)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
checkout=$(cd "$here/../.." && pwd)
folder=${1:-shop}
mkdir -p "$folder"
gcc -O2 -g -gdwarf-4 -gz=none -static -pthread -o "$folder/shop" "$here/shop.c"
eval "$("$checkout/samples/guest/fetch.sh" 6.1)"
"$checkout/samples/guest/initramfs.sh" --busybox "$busybox" --script "$here/session.sh" --file "$folder/shop:/bin/shop" -o "$folder/shop.cpio.gz" >/dev/null
"$checkout/replaykit" record --kernel "$vmlinuz" --initrd "$folder/shop.cpio.gz" --append 'console=ttyS0 quiet panic=-1' --memory 512M -o "$folder/shop.rk"
