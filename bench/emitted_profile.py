#!/usr/bin/env python3
"""Where the time of a program in a guest goes under the translator: samples of the recorder's threads by perf, those in emitted code by what the host instruction is for.

    bench/emitted_profile.py sort
    bench/emitted_profile.py awk,matrix --seconds 4

The workloads are those of bench/workloads.py, each run in a guest again and again until the samples are taken. Needs perf (linux-perf) and the right to sample one's own processes. A sample names the
instruction that waits to retire, so what follows a slow load takes its samples; shares are good to a few per cent.
"""
import argparse
import collections
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

import measure
import workloads

KINDS = ('the guest\'s own instructions', 'searching the TLB', 'keeping flags', 'counting instructions', 'calls, returns, jump cache', 'guest registers in memory')


def kind(code):
    """What an instruction of emitted code is for, by its bytes (docs/translator.md)."""
    if (code[0] == 0xC4 and code[3] == 0xF7) or code[:2] == b'\x48\x3d' or code[:2] == b'\x0f\x87' or code[:4] in (b'\x48\x33\x84\xcd', b'\x48\x8b\x8c\xcd', b'\x48\x8d\x0c\x01'):
        return KINDS[1]
    if code[:3] in (b'\x48\x89\x8d', b'\x48\x8b\x8d') and code[4] == 1:
        return KINDS[1]
    if code[0] in (0x9E, 0x9F) or code[:3] == b'\x0f\x90\xc0' or code[:4] in (b'\x66\x89\x45\x50', b'\x0f\xb7\x45\x50') or code[:2] == b'\x04\x7f':
        return KINDS[2]
    if code[:3] in (b'\x49\x81\xeb', b'\x49\x83\xeb', b'\x49\x81\xfb', b'\x4d\x8d\x9b', b'\x4d\x8d\x5b') or code[:2] in (b'\x0f\x88', b'\x0f\x8c'):
        return KINDS[3]
    if code[0] in (0x50, 0xE8, 0xC3) or code[:4] in (b'\x48\x8b\x04\x24', b'\x48\x8d\x64\x24', b'\x48\x89\x45\x58', b'\x48\x8b\x45\x58', b'\x48\x3b\x44\x24', b'\xc4\xe3\x7b\xf0') or code[:4] in (b'\x4c\x3b\xb4\x0d', b'\x4c\x33\xb5\x98'):
        return KINDS[4]
    if 0x48 <= code[0] <= 0x4F and code[1] in (0x89, 0x8B, 0x03, 0x2B, 0x33, 0x23, 0x3B, 0x39) and code[2] & 0xC7 == 0x45 and 0xC0 <= code[3] <= 0xF8:
        return KINDS[5]
    return KINDS[0]


def sample(comparison, name, seconds, folder):
    """Runs a workload many times in one guest and takes samples in the middle."""
    times = 400
    command = comparison.command('run', [name])
    at = next(i for i, word in enumerate(command) if 'bench.work=' in word)
    work = re.search(r'bench\.work=(\S+)', command[at])[1]
    command[at] = command[at].replace(work, ','.join([work] * min(times, 1400 // (len(work) + 1))))
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, 'DOTNET_PerfMapEnabled': '1'})
    try:
        time.sleep(4)
        data = f'{folder}/perf.data'
        subprocess.run(['perf', 'record', '-e', 'cpu-clock', '-F', '4000', '-o', data, '-p', str(process.pid), '--', 'sleep', str(seconds)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.kill(process.pid, signal.SIGSTOP)
        lines = subprocess.run(['perf', 'script', '-i', data, '-F', 'ip,sym,dso'], capture_output=True, text=True, check=True).stdout.splitlines()
        found = collections.Counter()
        with open(f'/proc/{process.pid}/mem', 'rb') as memory:
            for line in lines:
                if not (fields := line.split()):
                    continue
                if 'replaykit-code' in line:
                    memory.seek(int(fields[0], 16))
                    found[kind(memory.read(16))] += 1
                elif 'kernel.kallsyms' in line:
                    found['the host\'s kernel'] += 1
                else:
                    found['C# and its runtime'] += 1
        return found
    finally:
        process.kill()
        process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('names', metavar='NAME,…', help=f'of {", ".join(workloads.WORKLOADS)}')
    parser.add_argument('--seconds', type=float, default=3, help='of samples (default: %(default)s)')
    chosen = parser.parse_args()
    sys.argv[1:] = []
    comparing = workloads.parse()
    with tempfile.TemporaryDirectory(prefix='bench-', dir=measure.cache()) as folder:
        comparison = workloads.Comparison(comparing, folder)
        try:
            for name in chosen.names.split(','):
                measure.note(f'{name}: {chosen.seconds:.0f} s of samples')
                found = sample(comparison, name, chosen.seconds, folder)
                total = sum(found.values())
                measure.say(f'{name}: ' + ', '.join(f'{100 * number / total:.0f} % {what}' for what, number in found.most_common()))
        finally:
            comparison.close()


if __name__ == '__main__':
    main()
