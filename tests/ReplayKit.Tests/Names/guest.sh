# What the tests of names run inside the guest, and how it writes down the truth: the kernel's own trace with the time-stamp counter as its clock,
# /proc before it begins, and what the workers say.
mount -t tracefs trace /sys/kernel/tracing
cd /sys/kernel/tracing
echo x86-tsc > trace_clock
echo 8192 > buffer_size_kb
echo 1 > options/record-tgid
for event in sched/sched_switch sched/sched_process_exit task/task_newtask task/task_rename; do
    echo 1 > events/$event/enable
done
echo 'stacktrace:60' > events/sched/sched_switch/trigger
echo 'stacktrace:60' > events/irq/irq_handler_entry/trigger
echo 'stacktrace:60' > events/irq/softirq_entry/trigger
echo 'stacktrace:60' > events/exceptions/page_fault_user/trigger
echo 'stacktrace:60' > events/raw_syscalls/sys_enter/trigger
echo 1 > options/sym-offset
mkdir /log
insmod /module.ko
echo "modules: $(cat /proc/modules)"
grep '\[' /proc/kallsyms | sed 's/^/module symbol: /'
echo "kernel symbols: $(grep -v '\[' /proc/kallsyms | sha256sum)"
for process in /proc/[0-9]*; do
    echo "stat $(cat $process/stat 2>/dev/null)"
done
echo 'stats are known' > trace_marker
worker /log 5 &
for i in 1 2 3 4 5 6; do
    seq 1 300 | sha256sum > /dev/null
    (cat /proc/self/maps | md5sum; sleep 0.01) > /dev/null
done
wait
echo 0 > tracing_on
cat /log/*
echo 'the trace begins'
cat trace
echo 'the trace ends'
