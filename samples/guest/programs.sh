#!/bin/bash
# Builds a guest that runs real programs: their Debian packages with all they depend on, fetched without installing them, and for each a script
# that puts it to work and ends with "PASS NAME" (programs/NAME/run.sh).
#
#   samples/guest/programs.sh NAME... FOLDER     NAME: python3, perl, gcc, openssl, dotnet, node, luajit, static or strace
#
# FOLDER/root is then what the guest sees, FOLDER/initramfs.cpio the same as an initramfs. Prints two lines for `eval`:  initramfs=PATH  and
# memory=SIZE (what the guest needs). `samples/guest/native.sh FOLDER/root` runs the same on this machine.
set -euo pipefail

samples=$(cd "$(dirname "$0")" && pwd)
usage() { sed -nE '/^set /q; s/^# ?//p' "$0" >&2; exit 1; }
[ $# -ge 2 ] || usage
names=("${@:1:$#-1}")
for name in "${names[@]}"; do
    [ -e "$samples/programs/$name/run.sh" ] || usage
done
mkdir -p "${@: -1}"
folder=$(cd "${@: -1}" && pwd)
. "$samples/packages.sh"

refresh stable
tree=$folder/tree root=$folder/root memory=512
rm -rf "$tree" "$root"
mkdir "$tree"
# What only installs other packages.
unused=' dpkg tar libselinux1 libpcre2-8-0 libacl1 libmd0 media-types readline-common '

# add PACKAGE...: unpacks them and what they depend on.
add() {
    local package version source list
    list=$(with_dependencies stable "$@")
    while read -r package version; do
        case $unused in *" $package "*) continue ;; esac
        source=$(unpack stable "$package" "$version")
        cp -a "$source/." "$tree"
    done <<< "$list"
    rm -rf "$tree"/usr/share/{doc,man,info,locale,lintian,bug,gcc,gdb,pixmaps,applications}
}

for name in "${names[@]}"; do
    # programs/NAME/needs sets packages and the memory in MB, and may define build FOLDER (the guest's /work/NAME) with more to do.
    packages='' megabytes=512
    build() { :; }
    . "$samples/programs/$name/needs"
    # shellcheck disable=SC2086 # packages are words
    [ -z "$packages" ] || add $packages
    mkdir -p "$tree/work"
    cp -r "$samples/programs/$name" "$tree/work"
    rm "$tree/work/$name/needs"
    build "$tree/work/$name" >&2
    [ "$megabytes" -le "$memory" ] || memory=$megabytes
done
{
    # No program sees the terminal, which would be one in the guest only.
    echo 'export PATH=/bin:/usr/bin HOME=/root; set -o pipefail'
    for name in "${names[@]}"; do
        cat <<SCRIPT
cd /work/$name
echo '@@ begin $name'
if sh ./run.sh 2>&1 </dev/null | cat; then echo 'PASS $name'; else echo 'FAIL $name'; fi
echo '@@ end $name'
SCRIPT
    done
} > "$tree/script"
busybox_version=$(candidate stable busybox-static)
busybox=$(unpack stable busybox-static "$busybox_version")/bin/busybox
"$samples/initramfs.sh" --busybox "$busybox" --tree "$tree" --script "$tree/script" --root "$root" --plain -o "$folder/initramfs.cpio" >/dev/null
rm -rf "$tree"
printf 'initramfs=%q\n' "$folder/initramfs.cpio"
printf 'memory=%sM\n' "$memory"
