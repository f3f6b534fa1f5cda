#!/usr/bin/env python3
"""What recording costs over running: alternating pairs of `run` and `record` of the same boot.

usage: bench/record_overhead.py [PAIRS, default 15] [6.1|6.12] [host|virtual] [INSTRUCTIONS, default: to power-off]

Prints the median of the pairs' ratios with its 95 % interval, for wall and CPU time, as measured and per instruction
(under --clock host two boots differ by a few instructions).
"""
import shutil
import sys

import measure

pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
version = sys.argv[2] if len(sys.argv) > 2 else '6.1'
clock = sys.argv[3] if len(sys.argv) > 3 else 'host'
limit = ['--instructions', sys.argv[4]] if len(sys.argv) > 4 else []
measure.build()
kernel, initramfs = measure.guest(version)
recording = f'{measure.CHECKOUT}/.cache/bench-overhead.rk'
machine = ['--kernel', kernel, '--initrd', initramfs, '--append', 'console=ttyS0 quiet', '--memory', '512M', '--clock', clock, *limit]

measure.say(f'host: {measure.host()}; kernel {version}, clock {clock}, {pairs} pairs after one that is not counted')
ratios = {'wall': [], 'cpu': [], 'wall per instruction': [], 'cpu per instruction': []}
for pair in range(pairs + 1):
    results = {}
    for verb in (('run', 'record') if pair % 2 == 0 else ('record', 'run')):
        shutil.rmtree(recording, ignore_errors=True)
        output = ['-o', recording] if verb == 'record' else []
        wall, cpu, _, error = measure.timed(measure.replaykit(verb, *machine, *output))
        results[verb] = (wall, cpu, measure.instructions_of(error))
    if pair == 0:
        continue
    run, record = results['run'], results['record']
    ratios['wall'].append(record[0] / run[0])
    ratios['cpu'].append(record[1] / run[1])
    ratios['wall per instruction'].append(record[0] / record[2] / (run[0] / run[2]))
    ratios['cpu per instruction'].append(record[1] / record[2] / (run[1] / run[2]))
    measure.say(f'pair {pair:2}: run {run[0]:6.2f} s ({run[1]:6.2f} CPU, {run[2]} instructions), '
                f'record {record[0]:6.2f} s ({record[1]:6.2f} CPU, {record[2]} instructions)')
shutil.rmtree(recording, ignore_errors=True)

for name, values in ratios.items():
    median, low, high = measure.median_with_interval(values)
    measure.say(f'record / run, {name:21}: {median:.4f}  (95 % interval {low:.4f} to {high:.4f})')
