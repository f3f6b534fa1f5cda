#!/bin/bash
# Builds a gzip-compressed initramfs around a static busybox. The same arguments give the same bytes.
#
#   samples/guest/initramfs.sh [--busybox FILE] [--script FILE] [--file SOURCE:/PATH]... -o OUTPUT
#
#   --script FILE        /init runs this shell script and powers the machine off; without it, it starts a shell on ttyS0
#   --file SOURCE:/PATH  one more file in the guest, with its permission bits; may be repeated
#   --busybox FILE       a static busybox (default: the one that fetch.sh fetches)
set -euo pipefail
export LC_ALL=C TZ=UTC
umask 022

usage() { sed -nE '/^$|^set /q; s/^# ?//p' "$0" >&2; exit "${1:-1}"; }

here=$(cd "$(dirname "$0")" && pwd)
busybox='' script='' output=''
extras=()
while [ $# -gt 0 ]; do
    case $1 in
        --help | -h) usage 0 ;;
        --busybox) busybox=${2:?} ;;
        --script) script=${2:?} ;;
        --file) extras+=("${2:?}") ;;
        -o | --output) output=${2:?} ;;
        *) echo "initramfs.sh: unknown argument $1" >&2; usage ;;
    esac
    shift 2
done
[ -n "$output" ] || usage
if [ -z "$busybox" ]; then
    eval "$("$here/fetch.sh" | grep '^busybox=')"
fi

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root"/{bin,dev,etc,proc,root,run,sys,tmp,usr}
ln -s bin "$root/sbin"
ln -s ../bin "$root/usr/bin"
ln -s ../bin "$root/usr/sbin"
install -m 755 "$busybox" "$root/bin/busybox"
for applet in $("$busybox" --list); do
    [ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
done
echo 'root:x:0:0:root:/root:/bin/sh' > "$root/etc/passwd"
echo 'root:x:0:' > "$root/etc/group"

if [ -n "$script" ]; then
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
cat > "$root/init" <<'INIT'
#!/bin/sh
export PATH=/bin HOME=/root TERM=vt100 PS1='guest:\w# '
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
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
    cpio --null --create --format=newc --owner=0:0 --reproducible --quiet) | gzip -9n > "$output.part"
mv "$output.part" "$output"
echo "$output" 
