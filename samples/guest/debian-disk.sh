#!/bin/bash
# Makes a disk image with a Debian root file system that serves: nginx on port 80 and redis on port 6379, from their Debian packages, fetched without
# installing them. Needs no root. The same packages give the same files in it.
#
#   samples/guest/debian-disk.sh [--init busybox|systemd] [--postgresql] [6.1|6.12] FOLDER
#
#   --init        what starts the services: a script with busybox (default), or systemd with Debian's own units, udev and networkd
#   --postgresql  PostgreSQL on port 5432 too, for user postgres without a password; its files are made when the guest first starts. Needs --init systemd
#
# Makes FOLDER/disk.img (ext4) and FOLDER/initramfs.cpio.gz, which mounts it. Prints lines for `eval`: vmlinuz=PATH initramfs=PATH disk=PATH
# The guest gets its address by DHCP, says "the guest is ready", and powers off after a line was typed.
set -euo pipefail

samples=$(cd "$(dirname "$0")" && pwd)
usage() { sed -nE '/^$|^set /q; s/^# ?//p' "$0" >&2; exit 1; }
init=busybox postgresql='' version=6.1
while [ $# -gt 1 ]; do
    case $1 in
        --init) init=${2:?}; shift 2 ;;
        --postgresql) postgresql=yes; shift ;;
        6.1 | 6.12) version=$1; shift ;;
        *) usage ;;
    esac
done
[ $# -eq 1 ] || usage
case $init$postgresql in busybox | systemd | systemdyes) ;; *) usage ;; esac
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
wanted=(nginx-light redis-server redis-tools)
size=512M
if [ "$init" = systemd ]; then wanted+=(systemd systemd-sysv udev dbus); fi
if [ -n "$postgresql" ]; then wanted+=(postgresql-15); size=1536M; fi
list=$(with_dependencies stable "${wanted[@]}")
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
cat > "$root/etc/passwd" <<'PASSWD'
root:x:0:0:root:/root:/bin/sh
www-data:x:33:33::/var/www:/bin/false
redis:x:100:106::/var/lib/redis:/bin/false
postgres:x:101:107::/var/lib/postgresql:/bin/sh
messagebus:x:102:108::/nonexistent:/bin/false
systemd-network:x:998:998::/:/bin/false
nobody:x:65534:65534::/nonexistent:/bin/false
PASSWD
cat > "$root/etc/group" <<'GROUP'
root:x:0:
adm:x:4:
tty:x:5:
disk:x:6:
kmem:x:15:
dialout:x:20:
cdrom:x:24:
tape:x:26:
audio:x:29:
video:x:44:
users:x:100:
input:x:101:
sgx:x:103:
kvm:x:104:
render:x:105:
lp:x:7:
utmp:x:43:
www-data:x:33:
redis:x:106:
postgres:x:107:
messagebus:x:108:
systemd-journal:x:999:
systemd-network:x:998:
nogroup:x:65534:
GROUP
ln -s ../sites-available/default "$root/etc/nginx/sites-enabled/default"
mkdir -p "$root/var/www/html"
echo 'hello from the disk' > "$root/var/www/html/index.html"
seq 1 20000 > "$root/var/www/html/numbers"
install -m 644 "$samples/network.sh" "$root/etc/network.sh"
# A server that is asked all day writes its log all day: each minute's is kept until the next is full.
cat > "$root/sbin/rotate-logs" <<'ROTATE'
#!/bin/sh
mv /var/log/nginx/access.log /var/log/nginx/access.log.1 && nginx -s reopen
ROTATE
chmod 755 "$root/sbin/rotate-logs"

# A script with busybox: mounts, address, services; a typed line ends it.
busybox_init() {
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
while sleep 60; do rotate-logs; done &
echo 'the guest is ready'
read -r line
nginx -s quit
redis-cli shutdown nosave
sync
mount -o remount,ro /
poweroff -f
INIT
    chmod 755 "$root/sbin/init"
}

# systemd with the packages' own units, as their installation would have enabled them.
systemd_init() {
    local units=$root/etc/systemd/system
    # A guest is a machine of its own each time: systemd makes the number. No screens to log in at, nothing to wait for.
    : > "$root/etc/machine-id"
    echo guest > "$root/etc/hostname"
    mkdir -p "$units"/{multi-user.target.wants,redis-server.service.d} "$root"/etc/systemd/network "$root/etc/tmpfiles.d"
    ln -sf /lib/systemd/system/multi-user.target "$units/default.target"
    for unit in nginx.service redis-server.service systemd-networkd.service served.service rotate-logs.timer; do
        ln -sf "/lib/systemd/system/$unit" "$units/multi-user.target.wants/$unit"
    done
    printf '[Service]\nType=oneshot\nExecStart=/sbin/rotate-logs\n' > "$root/lib/systemd/system/rotate-logs.service"
    printf '[Timer]\nOnActiveSec=60\nOnUnitActiveSec=60\nAccuracySec=1\n' > "$root/lib/systemd/system/rotate-logs.timer"
    ln -sf /dev/null "$units/getty.target"
    ln -sf /dev/null "$units/systemd-networkd-wait-online.service"
    printf '[Match]\nType=ether\n\n[Network]\nDHCP=ipv4\n' > "$root/etc/systemd/network/80-dhcp.network"
    printf '[Service]\nExecStart=\nExecStart=/usr/bin/redis-server /etc/redis/redis.conf --supervised systemd --daemonize no --bind 0.0.0.0 --protected-mode no --save "" \n' > "$units/redis-server.service.d/served.conf"
    cat > "$root/etc/tmpfiles.d/served.conf" <<'TMPFILES'
d /var/lib/redis 0750 redis redis
d /var/log/redis 0750 redis redis
z /etc/redis/redis.conf 0640 redis redis
d /var/lib/nginx 0755 root root
d /var/log/nginx 0755 root root
d /var/lib/postgresql 0755 postgres postgres
d /run/postgresql 2775 postgres postgres
TMPFILES
    cat > "$root/lib/systemd/system/served.service" <<'UNIT'
[Unit]
Description=Says that the guest is ready, and switches it off after a line was typed
After=nginx.service redis-server.service systemd-networkd.service postgresql.service

[Service]
ExecStart=/sbin/served
StandardInput=tty-force
StandardOutput=tty
TTYPath=/dev/console
UNIT
    cat > "$root/sbin/served" <<'SERVED'
#!/bin/sh
export PATH=/usr/bin:/usr/sbin
until ip -4 addr | grep 'inet 10\.'; do sleep 0.2; done
for unit in $(systemctl --failed --plain --no-legend | cut -d ' ' -f 1); do
    echo "$unit has failed"
    journalctl --no-pager -o cat -u "$unit" | tail -20
done
echo 'the guest is ready'
read -r line
systemctl poweroff
SERVED
    chmod 755 "$root/sbin/served"
    if [ -n "$postgresql" ]; then
        cat > "$root/lib/systemd/system/postgresql.service" <<'UNIT'
[Unit]
Description=PostgreSQL

[Service]
Type=notify
User=postgres
Environment=PATH=/usr/lib/postgresql/15/bin:/usr/bin LC_ALL=C
ExecStartPre=/bin/sh -c '[ -e /var/lib/postgresql/data ] || initdb -A trust -D /var/lib/postgresql/data >/dev/null && grep -q 0.0.0.0/0 /var/lib/postgresql/data/pg_hba.conf || echo "host all all 0.0.0.0/0 trust" >> /var/lib/postgresql/data/pg_hba.conf'
ExecStart=/usr/lib/postgresql/15/bin/postgres -D /var/lib/postgresql/data -c listen_addresses=* -k /run/postgresql
TimeoutSec=300
UNIT
        ln -sf /lib/systemd/system/postgresql.service "$units/multi-user.target.wants/postgresql.service"
    fi
}

"${init}_init"
find "$root" -exec touch -h -d @0 {} +
rm -f "$folder/disk.img"
truncate -s "$size" "$folder/disk.img"
E2FSPROGS_FAKE_TIME=1 mke2fs -q -t ext4 -U 6b6e6974-0000-4000-8000-000000000001 -E hash_seed=6b6e6974-0000-4000-8000-000000000002,root_owner=0:0 -d "$root" "$folder/disk.img"
"$samples/initramfs.sh" --busybox "$busybox" --switch-to /dev/vda --modules "$modules" \
    --module virtio_pci --module virtio_blk --module virtio_net --module ext4 -o "$folder/initramfs.cpio.gz" >&2
printf 'vmlinuz=%q\ninitramfs=%q\ndisk=%q\n' "$vmlinuz" "$folder/initramfs.cpio.gz" "$folder/disk.img"
