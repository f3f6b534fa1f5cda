#!/bin/bash
# Builds an initramfs around a static busybox, compressed by gzip. The same arguments give the same bytes.
#
#   samples/guest/initramfs.sh [--busybox FILE] [--script FILE | --switch-to DEVICE] [--file SOURCE:/PATH]... [--tree FOLDER] [--root FOLDER] [--plain] -o OUTPUT
#
#   --switch-to DEVICE   mounts the ext4 file system on a disk and goes on with its /sbin/init; for the kernel's modules that this needs see --module
#   --script FILE        /init runs this shell script and powers the machine off; without it, it starts a shell on ttyS0
#   --file SOURCE:/PATH  one more file in the guest, with its permission bits; may be repeated
#   --tree FOLDER        what the folder holds is in the guest too; busybox's commands get only the names that it leaves
#   --root FOLDER        the guest's files are put together in this new folder and left there
#   --plain              not compressed: larger, and sooner unpacked by the guest
#   --module NAME        loads a module of the kernel at start, after those that it needs; may be repeated
#   --modules FOLDER     where the kernel's modules are (fetch.sh prints it); needed with --module
#   --busybox FILE       a static busybox (default: the one that fetch.sh fetches)
set -euo pipefail
export LC_ALL=C TZ=UTC
umask 022

usage() { sed -nE '/^$|^set /q; s/^# ?//p' "$0" >&2; exit "${1:-1}"; }

here=$(cd "$(dirname "$0")" && pwd)
busybox='' script='' device='' output='' tree='' root='' plain='' modules=''
extras=() wanted=()
while [ $# -gt 0 ]; do
    case $1 in
        --help | -h) usage 0 ;;
        --plain) plain=yes; shift; continue ;;
        --tree) tree=${2:?} ;;
        --root) root=${2:?} ;;
        --busybox) busybox=${2:?} ;;
        --script) script=${2:?} ;;
        --switch-to) device=${2:?} ;;
        --module) wanted+=("${2:?}") ;;
        --modules) modules=${2:?} ;;
        --file) extras+=("${2:?}") ;;
        -o | --output) output=${2:?} ;;
        *) echo "initramfs.sh: unknown argument $1" >&2; usage ;;
    esac
    shift 2
done
[ -n "$output" ] || usage
[ ${#wanted[@]} -eq 0 ] || [ -d "$modules" ] || { echo "initramfs.sh: --module needs --modules FOLDER" >&2; exit 1; }
if [ -z "$busybox" ]; then
    eval "$("$here/fetch.sh" | grep '^busybox=')"
fi

if [ -n "$root" ]; then
    mkdir "$root"
else
    root=$(mktemp -d)
    trap 'rm -rf "$root"' EXIT
fi
if [ -n "$tree" ]; then
    cp -a "$tree/." "$root"
fi
mkdir -p "$root"/{bin,dev,etc,proc,root,run,sys,tmp,usr}
# Where the tree has none of these folders, they are all one.
[ -e "$root/sbin" ] || ln -s bin "$root/sbin"
[ -e "$root/usr/bin" ] || ln -s ../bin "$root/usr/bin"
[ -e "$root/usr/sbin" ] || ln -s ../bin "$root/usr/sbin"
[ -e "$root/bin/busybox" ] || install -m 755 "$busybox" "$root/bin/busybox"
for applet in $("$busybox" --list); do
    if [ ! -e "$root/bin/$applet" ] && [ ! -L "$root/bin/$applet" ] && [ ! -e "$root/usr/bin/$applet" ] && [ ! -L "$root/usr/bin/$applet" ]; then
        ln -s busybox "$root/bin/$applet"
    fi
done
echo 'root:x:0:0:root:/root:/bin/sh' > "$root/etc/passwd"
echo 'root:x:0:' > "$root/etc/group"

if [ -n "$device" ]; then
    mkdir "$root/new"
    echo "mount -t ext4 $device /new && exec switch_root /new /sbin/init" > "$root/main"
elif [ -n "$script" ]; then
    install -m 755 "$script" "$root/script"
    cat > "$root/main" <<'MAIN'
/bin/sh /script
MAIN
else
    cat > "$root/main" <<'MAIN'
echo
echo 'A busybox shell. "exit" or "poweroff -f" switches the machine off.'
cd /root
setsid cttyhack sh
MAIN
fi
# Puts a module and, before it, what it needs into the archive, uncompressed, and a line to load it into /modules.
# A module that is built into the kernel has no file; dashes and underscores mean the same.
declare -A added=()
add_module() {
    local name=${1//-/_} file='' needed
    [ -z "${added[$name]:-}" ] || return 0
    added[$name]=1
    file=$(find "$modules" -name "*.ko*" | awk -v name="$name" '
        { base = $0; sub(/.*\//, "", base); sub(/\.ko.*/, "", base); gsub(/-/, "_", base); if (base == name && !done) { print; done = 1 } }')
    if [ -z "$file" ]; then
        awk -v name="$name" '{ sub(/.*\//, ""); sub(/\.ko.*/, ""); gsub(/-/, "_"); if ($0 == name) found = 1 } END { exit !found }' "$modules/modules.builtin" ||
            { echo "initramfs.sh: the kernel has no module $1" >&2; exit 1; }
        return 0
    fi
    mkdir -p "$root/lib/modules"
    case $file in
        *.xz) xz -dc "$file" > "$root/lib/modules/$name.ko" ;;
        *) cp "$file" "$root/lib/modules/$name.ko" ;;
    esac
    for needed in $(tr '\0' '\n' < "$root/lib/modules/$name.ko" | sed -n 's/^depends=//p' | tr ',' ' '); do
        add_module "$needed"
    done
    echo "insmod /lib/modules/$name.ko" >> "$root/modules"
}
: > "$root/modules"
for name in ${wanted[@]+"${wanted[@]}"}; do
    add_module "$name"
done

cat > "$root/init" <<'INIT'
#!/bin/sh
export PATH=/bin:/usr/bin HOME=/root TERM=vt100 PS1='guest:\w# '
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
. /modules
. /main
poweroff -f
INIT
chmod 755 "$root/init"
for extra in ${extras[@]+"${extras[@]}"}; do
    source=${extra%%:/*} path=/${extra#*:/}
    mkdir -p "$root$(dirname "$path")"
    install -m "$(stat -Lc %a "$source")" "$source" "$root$path"
done

# Sorted names, one date, user 0, renumbered inodes: nothing of this machine is left in the archive.
find "$root" -exec touch -h -d @0 {} +
(cd "$root" && find . -mindepth 1 -print0 | sort -z |
    cpio --null --create --format=newc --owner=0:0 --reproducible --quiet) | if [ -n "$plain" ]; then cat; else gzip -9n; fi > "$output.part"
mv "$output.part" "$output"
echo "$output" 
