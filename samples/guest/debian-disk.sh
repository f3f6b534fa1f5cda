#!/bin/bash
# Makes a disk image with a Debian root file system that serves: nginx on port 80 and redis on port 6379, from their Debian packages, fetched without
# installing them, with busybox as a plain init. Needs no root. The same packages give the same files in it.
#
#   samples/guest/debian-disk.sh [6.1|6.12] FOLDER
#
# Makes FOLDER/disk.img (ext4, 512 MiB) and FOLDER/initramfs.cpio.gz, which mounts it. Prints lines for `eval`: vmlinuz=PATH initramfs=PATH disk=PATH
# The guest gets its address by DHCP, says "the guest is ready", and powers off after a line was typed.
set -euo pipefail

samples=$(cd "$(dirname "$0")" && pwd)
usage() { sed -nE '/^$|^set /q; s/^# ?//p' "$0" >&2; exit 1; }
[ $# -ge 1 ] && [ $# -le 2 ] || usage
version=6.1
if [ $# -eq 2 ]; then version=$1; shift; fi
fetched=$("$samples/fetch.sh" "$version")
eval "$fetched"
mkdir -p "$1"
folder=$(cd "$1" && pwd)
. "$samples/packages.sh"
command -v mke2fs >/dev/null || { say 'mke2fs is missing: apt-get install e2fsprogs'; exit 4; }

refresh stable
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root"/usr/{bin,sbin,lib,lib64} "$root"/{dev,etc,proc,root,run,sys,tmp,var/log/nginx,var/lib/nginx,var/lib/redis,etc/nginx/sites-enabled}
for name in bin sbin lib lib64; do ln -s "usr/$name" "$root/$name"; done
# What is only there to install packages.
unused=' dpkg tar perl perl-base perl-modules-5.36 libperl5.36 usrmerge adduser passwd debconf init-system-helpers '
list=$(with_dependencies stable nginx-light redis-server redis-tools)
while read -r package package_version; do
    case $unused in *" $package "*) continue ;; esac
    source=$(unpack stable "$package" "$package_version")
    tar -C "$source" -c . | tar -C "$root" -x --keep-directory-symlink --no-same-owner
done <<< "$list"
rm -rf "$root"/usr/share/{doc,man,info,locale,lintian,bug,perl}

install -m 755 "$busybox" "$root/bin/busybox"
for applet in $("$busybox" --list); do
    [ -e "$root/bin/$applet" ] || [ -e "$root/sbin/$applet" ] || [ "$applet" = init ] || ln -s busybox "$root/bin/$applet"
done
printf 'root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33::/var/www:/bin/false\nredis:x:100:100::/var/lib/redis:/bin/false\n' > "$root/etc/passwd"
printf 'root:x:0:\nadm:x:4:\nwww-data:x:33:\nredis:x:100:\n' > "$root/etc/group"
ln -s ../sites-available/default "$root/etc/nginx/sites-enabled/default"
mkdir -p "$root/var/www/html"
echo 'hello from the disk' > "$root/var/www/html/index.html"
seq 1 20000 > "$root/var/www/html/numbers"
install -m 644 "$samples/network.sh" "$root/etc/network.sh"
cat > "$root/sbin/init" <<'INIT'
#!/bin/sh
export PATH=/usr/bin:/usr/sbin HOME=/root
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev 2>/dev/null
mount -t tmpfs tmpfs /run
mount -o remount,rw /
exec > /dev/console 2>&1 < /dev/console
. /etc/network.sh
ip -4 addr show dev eth0 | grep inet
nginx
redis-server --bind 0.0.0.0 --protected-mode no --save '' --daemonize yes --dir /var/lib/redis > /dev/null
echo 'the guest is ready'
read -r line
nginx -s quit
redis-cli shutdown nosave
sync
mount -o remount,ro /
poweroff -f
INIT
chmod 755 "$root/sbin/init"
find "$root" -exec touch -h -d @0 {} +
rm -f "$folder/disk.img"
truncate -s 512M "$folder/disk.img"
E2FSPROGS_FAKE_TIME=1 mke2fs -q -t ext4 -U 6b6e6974-0000-4000-8000-000000000001 -E hash_seed=6b6e6974-0000-4000-8000-000000000002,root_owner=0:0 -d "$root" "$folder/disk.img"
"$samples/initramfs.sh" --busybox "$busybox" --switch-to /dev/vda --modules "$modules" \
    --module virtio_pci --module virtio_blk --module virtio_net --module ext4 -o "$folder/initramfs.cpio.gz" >&2
printf 'vmlinuz=%q\ninitramfs=%q\ndisk=%q\n' "$vmlinuz" "$folder/initramfs.cpio.gz" "$folder/disk.img"
