# Parallel work for a guest with several processors: each prints what does not depend on who runs when.
echo "processors: $(grep -c '^processor' /proc/cpuinfo)"
dmesg | grep -iE 'smp: Brought|smpboot: Total' | sed 's/^\[[^]]*\] //'
work() {
    seq 1 "$2" | awk -v n="$1" '{ s += ($1 * $1) % (n + 7) } END { printf "worker %d: %d\n", n, s }' > "/tmp/worker.$1"
}
mkdir -p /tmp
jobs=$(grep -c '^processor' /proc/cpuinfo)
i=0
while [ $i -lt $((2 * jobs)) ]; do
    work $i 20000 &
    i=$((i + 1))
done
wait
i=0
while [ $i -lt $((2 * jobs)) ]; do
    cat "/tmp/worker.$i"
    i=$((i + 1))
done
i=0
while [ $i -lt $jobs ]; do
    (sha256sum /bin/busybox; seq 1 3000 | gzip -c | gzip -dc | sort -n | tail -1) > "/tmp/sum.$i" &
    i=$((i + 1))
done
wait
cat /tmp/sum.* | sort -u | wc -l
mkfifo /tmp/pipe
(seq 1 5000 > /tmp/pipe) & awk '{ s += $1 } END { print "through a pipe:", s }' /tmp/pipe
wait
if [ $jobs -gt 1 ] && [ -e /sys/devices/system/cpu/cpu1/online ]; then
    echo 0 > /sys/devices/system/cpu/cpu1/online
    echo "off: $(cat /sys/devices/system/cpu/online)"
    echo 1 > /sys/devices/system/cpu/cpu1/online
    echo "on: $(cat /sys/devices/system/cpu/online)"
fi
dmesg | grep -iE 'warn|error|fail|bug|stall|lockup' | head -20
echo 'the guest is done'
