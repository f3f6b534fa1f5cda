# What the guest of docs/finding-a-bug.md runs: a command that dies now and then, until it does. The kernel's messages go to the console from now on,
# with that of a program that dies.
dmesg -n 7
run=1
echo foo > /tmp/line
while /bin/awk '$1==$1="foo" {print $1}' /tmp/line; do run=$((run + 1)); done
echo "awk died in run $run"
