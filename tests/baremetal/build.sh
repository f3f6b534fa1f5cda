#!/bin/sh
# Builds the bare-metal suite: tests/baremetal/build.sh [OUTPUT], default bin/image.elf beside this script. Needs gcc and binutils.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/bin/image.elf}
work=$(dirname "$out")/objects
mkdir -p "$work"
flags="-std=gnu11 -O1 -g0 -Wall -Wextra -Werror -ffreestanding -fno-pic -fno-pie -mcmodel=small -mno-red-zone -mgeneral-regs-only
 -fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables -fno-strict-aliasing -I$here"
objects=
for source in "$here"/*.S "$here"/*.c; do
    object=$work/$(basename "$source").o
    # shellcheck disable=SC2086
    gcc $flags -c -o "$object" "$source"
    objects="$objects $object"
done
# shellcheck disable=SC2086
ld -nostdlib -static -no-pie -z max-page-size=4096 --no-warn-rwx-segments --build-id=none -T "$here/link.ld" -o "$out" $objects
echo "$out"
