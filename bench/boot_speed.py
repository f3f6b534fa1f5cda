#!/usr/bin/env python3
"""Guest instructions per second over a boot, paired with QEMU's TCG in the same run.

usage: bench/boot_speed.py [PAIRS, default 5] [6.1|6.12]

Both boot the same kernel and initramfs to power-off with one vCPU and 512 MB. QEMU's instructions are counted by a TCG plugin
in a run of its own, which is not timed.
"""
import os
import re
import subprocess
import sys

import measure

PLUGIN = r'''
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
typedef uint64_t plugin_id;
struct qemu_plugin_tb;
int qemu_plugin_version = 1;
extern void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, void (*)(plugin_id, struct qemu_plugin_tb *));
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
extern void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *, int, void *, uint64_t);
extern void qemu_plugin_register_atexit_cb(plugin_id, void (*)(plugin_id, void *), void *);
static uint64_t count;
static void translated(plugin_id id, struct qemu_plugin_tb *block)
{
    qemu_plugin_register_vcpu_tb_exec_inline(block, 0, &count, qemu_plugin_tb_n_insns(block));
}
static void finished(plugin_id id, void *unused) { fprintf(stderr, "%llu instructions\n", (unsigned long long)count); }
int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, finished, NULL);
    return 0;
}
'''

pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
version = sys.argv[2] if len(sys.argv) > 2 else '6.1'
measure.build()
kernel, initramfs = measure.guest(version)
ours = measure.replaykit('run', '--kernel', kernel, '--initrd', initramfs, '--append', 'console=ttyS0 quiet', '--memory', '512M')
# Not "-cpu max": with 5-level paging QEMU 7.2 crashes the 6.12 kernel.
qemu = ['qemu-system-x86_64', '-accel', 'tcg,thread=single', '-cpu', 'Haswell-noTSX', '-m', '512M', '-nographic', '-no-reboot',
        '-kernel', kernel, '-initrd', initramfs, '-append', 'console=ttyS0 quiet']

plugin = f'{measure.CHECKOUT}/.cache/count-instructions.so'
subprocess.run(['gcc', '-shared', '-fPIC', '-O2', '-x', 'c', '-', '-o', plugin], input=PLUGIN, text=True, check=True)
counted = measure.instructions_of(measure.timed([*qemu, '-plugin', plugin])[3])
os.remove(plugin)

measure.say(f'host: {measure.host()}; kernel {version}; {re.sub(chr(10) + ".*", "", measure.timed(["qemu-system-x86_64", "--version"])[2], flags=re.S)}')
measure.say(f'QEMU: {counted} instructions for the boot')
speeds, ratios = [], []
for pair in range(1, pairs + 1):
    qemu_wall, qemu_cpu, _, _ = measure.timed(qemu)
    wall, cpu, _, error = measure.timed(ours)
    instructions = measure.instructions_of(error)
    speeds.append(instructions / cpu / 1e6)
    ratios.append(wall / qemu_wall)
    measure.say(f'pair {pair}: replaykit {instructions} instructions in {wall:.2f} s ({cpu:.2f} CPU): {instructions / wall / 1e6:.1f} M/s; '
                f'QEMU {qemu_wall:.2f} s ({qemu_cpu:.2f} CPU): {counted / qemu_wall / 1e6:.1f} M/s')
speed, ratio = measure.median_with_interval(speeds), measure.median_with_interval(ratios)
measure.say(f'replaykit, M instructions per second of CPU time, start included: median {speed[0]:.1f} ({speed[1]:.1f} to {speed[2]:.1f})')
measure.say(f'wall time of the boot, replaykit / QEMU TCG: median {ratio[0]:.1f} ({ratio[1]:.1f} to {ratio[2]:.1f})')
