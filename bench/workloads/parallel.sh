# The workloads of bench/multicore.py one after the other, each work for two processors, timed with the monotonic clock: /script of a guest. Lines that
# begin with "@@" are for whoever watches the console. On the kernel's command line: bench.work=NAME:SIZE,...
list=$(sed -nE 's/.*bench\.work=([^ ]*).*/\1/p' /proc/cmdline)
cd /tmp
echo "@@ boot $(grep -c '^processor' /proc/cpuinfo)"

# Two processes that have nothing to do with each other.
both() {
    "$@" > one &
    "$@" > two &
    wait
    cat one two
}

sum() { sha256sum < in; }
zip() { gzip -9 -c < in; }
float() { awk "BEGIN { for (i = 0; i < $1; i++) { x = x * 0.999 + i / 7; y += x * x - i } printf \"%.9g %.9g\\n\", x, y }"; }
starts() {
    local i=0
    while [ $i -lt "$1" ]; do
        /bin/busybox echo $i
        i=$((i + 1))
    done
}
files() {
    local i=0 folder
    folder=$(mktemp -d /tmp/files.XXXXXX)
    while [ $i -lt "$1" ]; do
        echo "the content of file $i" > "$folder/$i"
        i=$((i + 1))
    done
    cat "$folder"/* | sha256sum
    rm -r "$folder"
}

run() {
    case $1 in
        sha256sum) both sum ;;
        gzip) both zip ;;
        awk) both float "$2" ;;
        starts) both starts "$2" ;;
        files) both files "$2" ;;
        walk) both work walk "$2" ;;
        *) work "$1" "$2" ;;
    esac
}

for item in $(echo "$list" | tr , ' '); do
    name=${item%:*} size=${item#*:}
    case $name in
        sha256sum) work data bytes "$size" > in ;;
        gzip) work data text "$size" > in ;;
        *) : > in ;;
    esac
    work stamp begin "$name" begun
    run "$name" "$size" > out
    status=$?
    work stamp end "$name" begun
    echo "@@ result $name $status $(sha256sum < out | cut -c1-16)"
done
echo '@@ done'
