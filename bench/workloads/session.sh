# Runs the workloads of bench/workloads.py one after the other and times each with the monotonic clock: as /script inside a guest, or on the
# host. Lines that begin with "@@" are for whoever watches the console.
#
#   BENCH_WORK=NAME:SIZE,...   what to run (in a guest: bench.work= on the kernel's command line)
#   BENCH_PROGRAMS=FOLDER      where busybox, work and work-v3 are (in a guest: /bin)
#   BENCH_FOLDER=FOLDER        for data, in memory (in a guest: /tmp)
list=${BENCH_WORK:-$(sed -nE 's/.*bench\.work=([^ ]*).*/\1/p' /proc/cmdline)}
programs=${BENCH_PROGRAMS:-/bin}
folder=${BENCH_FOLDER:-/tmp}
busybox=$programs/busybox
work=$programs/work

echo '@@ boot'
echo "@@ cpu $(sed -nE 's/^model name\t: //p' /proc/cpuinfo | head -1)"
flags=" $(sed -nE 's/^flags\t+: //p' /proc/cpuinfo | head -1) "
echo "@@ flags$flags"

prepare() {
    case $1 in
        sha256sum) "$work" data bytes "$2" ;;
        gzip) "$work" data text "$2" ;;
        sort) "$work" data lines "$2" ;;
    esac > "$folder/in"
}

files() {
    local i=0
    mkdir "$folder/files"
    while [ $i -lt "$1" ]; do
        echo "the content of file $i" > "$folder/files/$i"
        i=$((i + 1))
    done
    "$busybox" find "$folder/files" -type f | "$busybox" wc -l
    "$busybox" cat "$folder"/files/* | "$busybox" sha256sum
    "$busybox" rm -r "$folder/files"
}

starts() {
    local i=0
    while [ $i -lt "$1" ]; do
        "$busybox" echo $i
        i=$((i + 1))
    done
}

run() {
    case $1 in
        sha256sum) "$busybox" sha256sum < "$folder/in" ;;
        gzip) "$busybox" gzip -9 -c < "$folder/in" ;;
        sort) "$busybox" sort < "$folder/in" ;;
        awk) "$busybox" awk "BEGIN { for (i = 0; i < $2; i++) { x = x * 0.999 + i / 7; y += x * x - i } printf \"%.9g %.9g\\n\", x, y }" ;;
        starts) starts "$2" ;;
        files) files "$2" ;;
        *-v3) "$work-v3" "${1%-v3}" "$2" ;;
        *-v2) "$work" "${1%-v2}" "$2" ;;
        *) "$work" "$1" "$2" ;;
    esac
}

needs() {
    case $1 in
        *-v3) echo avx avx2 bmi1 bmi2 fma f16c movbe ;;
        *-v2) echo ssse3 sse4_1 sse4_2 popcnt ;;
    esac
}

can() {
    local flag
    for flag in $(needs "$1"); do
        case $flags in *" $flag "*) ;; *) return 1 ;; esac
    done
}

for item in $(echo "$list" | tr , ' '); do
    name=${item%:*} size=${item#*:}
    if ! can "$name"; then
        echo "@@ skip $name"
        continue
    fi
    prepare "$name" "$size"
    "$work" stamp begin "$name" "$folder/begun"
    run "$name" "$size" > "$folder/out"
    status=$?
    "$work" stamp end "$name" "$folder/begun"
    echo "@@ result $name $status $("$busybox" sha256sum < "$folder/out" | cut -c1-16)"
    rm -f "$folder/in" "$folder/out" "$folder/begun"
done
echo '@@ done'
