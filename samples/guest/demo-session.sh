# What the demonstration runs inside the guest.
uname -a
echo "model: $(grep -m1 '^model name' /proc/cpuinfo)"
ps
sha256sum /bin/busybox
seq 1 2000 | awk '{ s += $1 * $1 } END { print "sum of squares:", s }'
find /proc/sys/kernel -type f 2>/dev/null | sort | head -5 | tr 'a-z' 'A-Z'
dd if=/dev/zero bs=1024 count=256 2>/dev/null | gzip -c | wc -c
ls /sys/devices/system/cpu/vulnerabilities 2>/dev/null | while read -r name; do
    echo "$name: $(cat "/sys/devices/system/cpu/vulnerabilities/$name")"
done
dmesg | grep -iE 'warn|error|fail|bug' | head -20
echo 'the guest is done'
