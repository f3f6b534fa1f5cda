# What strace says of a shell with pipes, Python, and a program of unusual system calls, printed for a comparison with what a replay shows.
set -e
ip link set lo up
cp work.sh work.py /tmp
strace -f -o /trace sh work.sh
echo '@@ trace'
cat /trace
echo '@@ traced'
# What was written so far reaches the terminal first.
sleep 0.5
echo '@@ interrupts'
cat /proc/interrupts
