#!/usr/bin/env python3
"""Programs inside a guest, paired in one run: native on the host, under QEMU's TCG, and under replaykit run, record, replay and verify.

    bench/workloads.py                            every workload, 3 rounds
    bench/workloads.py --quick --rounds 1         small sizes, to see that everything works
    bench/workloads.py --only sort,matrix --json
    bench/workloads.py -- --engine interpreter    what stands after "--" goes to run, record, replay and verify

Each mode boots the same kernel and initramfs once per round and runs the workloads one after the other (bench/workloads/session.sh). A workload's
time is taken inside the guest by its monotonic clock; the lines that the guest prints before and after it are stamped on the host, and a
difference between the two is reported. A replay has the recording's clock, so its times are those of the host. Every result is compared with
that of the native run. QEMU runs with one vCPU and without -icount, once for each -cpu; a workload is compared with the fastest. The ratios
"by CPU" are of CPU seconds of the whole process between the two lines: on a machine that does other things too they are the steadier ones.

Results go to standard output, progress to standard error. Exit code 1: a result differs from the native one, or a run failed.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import measure
from workloads_report import report

# name: (kind, size, small size). Sizes are those of earlier measurements of QEMU: bytes, lines, loops, starts, files, millions of steps, rows.
WORKLOADS = {
    'sha256sum': ('compute', 64_000_000, 4_000_000),
    'gzip': ('compute', 16_000_000, 1_000_000),
    'sort': ('compute', 500_000, 20_000),
    'awk': ('compute', 250_000, 10_000),
    'starts': ('kernel', 500, 20),
    'files': ('kernel', 10_000, 200),
    'walk': ('compute', 2, 1),
    'matrix': ('float', 512, 128),
    'x87': ('float', 700, 150),
    'float-lanes-v2': ('simd', 4000, 500),
    'float-lanes-v3': ('simd', 5000, 500),
    'byte-lanes-v2': ('simd', 16_000, 1000),
    'byte-lanes-v3': ('simd', 20_000, 1000),
    'pipes': ('kernel', 20_000, 500),
    'locks': ('threads', 10_000, 200),
    'lines': ('threads', 50, 1),
}
OURS = ('run', 'record', 'replay', 'verify')
# QEMU 7.2's CMPXCHG16B sometimes leaves wrong flags behind, on which kernels from 6.5 on crash at every second boot; 5-level paging (la57) crashes them too.
QEMU_CPUS = {'qemu64': 'qemu64,-cx16', 'nehalem': 'Nehalem,-cx16', 'max': 'max,-cx16,la57=off'}


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--rounds', type=int, default=3, metavar='N', help='rounds of alternating runs (default: 3)')
    parser.add_argument('--only', metavar='NAME,…', help=f'these workloads: {", ".join(WORKLOADS)}; "boot" is none of them')
    parser.add_argument('--modes', metavar='NAME,…', default='native,qemu,run,record,replay,verify',
                        help='these modes (default: %(default)s); replay and verify need record')
    parser.add_argument('--qemu-cpus', metavar='NAME,…', default=','.join(QEMU_CPUS), help='default: %(default)s')
    parser.add_argument('--quick', action='store_true', help='small sizes')
    parser.add_argument('--kernel', choices=('6.1', '6.12'), default='6.12', help='default: %(default)s')
    parser.add_argument('--cpu', default='x86-64-v3', help="our guest's CPU model (default: %(default)s)")
    parser.add_argument('--memory', default='512M', help='default: %(default)s')
    parser.add_argument('--each', action='store_true', help='boot once per workload instead of once for all')
    parser.add_argument('--timeout', type=float, default=3600, metavar='SECONDS', help='for one boot (default: %(default).0f)')
    parser.add_argument('--cpu-time', action='store_true', help='the table shows CPU seconds of the process that ran the workload instead of wall time')
    parser.add_argument('--json', action='store_true', help='print everything that was measured as JSON instead of the table')
    parser.add_argument('extra', nargs='*', metavar='-- ARGUMENT', help='more arguments for replaykit')
    chosen = parser.parse_args()
    chosen.names = list(WORKLOADS) if chosen.only is None else [name for name in chosen.only.split(',') if name != 'boot']
    chosen.modes = chosen.modes.split(',')
    unknown = [name for name in chosen.names if name not in WORKLOADS] + [mode for mode in chosen.modes if mode not in ('native', 'qemu', *OURS)]
    unknown += [name for name in chosen.qemu_cpus.split(',') if name not in QEMU_CPUS]
    if unknown:
        parser.error(f'unknown: {", ".join(unknown)}')
    if 'record' not in chosen.modes and {'replay', 'verify'} & set(chosen.modes):
        parser.error('replay and verify need record')
    return chosen


def work(names, quick):
    """What bench/workloads/session.sh is told to run."""
    return ','.join(f'{name}:{WORKLOADS[name][2 if quick else 1]}' for name in names)


def build(version, folder):
    """Fetches the kernel, builds the programs and an initramfs that runs them; returns the paths of kernel, initramfs and programs."""
    fetched = measure.fetch(version)
    programs = f'{folder}/programs'
    subprocess.run([f'{measure.CHECKOUT}/bench/workloads/build.sh', programs], check=True)
    shutil.copy(fetched['busybox'], f'{programs}/busybox')
    initramfs = f'{folder}/initramfs.cpio.gz'
    measure.initramfs(fetched['busybox'], f'{measure.CHECKOUT}/bench/workloads/session.sh', initramfs,
                      *(f'{programs}/{name}:/bin/{name}' for name in ('work', 'work-v3')))
    return fetched['vmlinuz'], initramfs, programs


class Comparison:
    """What was built for the runs, and what they gave."""

    def __init__(self, chosen, folder):
        self.chosen = chosen
        self.folder = folder
        self.recording = f'{folder}/bench.rk'
        self.data = tempfile.mkdtemp(prefix='replaykit-bench-', dir='/dev/shm' if os.path.isdir('/dev/shm') else folder)
        self.samples = []
        self.facts = {}
        self.problems = []
        measure.build()
        self.kernel, self.initramfs, self.programs = build(chosen.kernel, folder)

    def work(self, names):
        return work(names, self.chosen.quick)

    def command(self, mode, names):
        append = f'console=ttyS0 quiet mitigations=off panic=-1 bench.work={self.work(names)}'
        if mode == 'native':
            return [f'{self.programs}/busybox', 'sh', f'{measure.CHECKOUT}/bench/workloads/session.sh']
        if mode.startswith('qemu:'):
            return ['qemu-system-x86_64', '-accel', 'tcg', '-cpu', QEMU_CPUS[mode[5:]], '-smp', '1', '-m', self.chosen.memory, '-nographic',
                    '-no-reboot', '-kernel', self.kernel, '-initrd', self.initramfs, '-append', append]
        if mode in ('replay', 'verify'):
            return measure.replaykit(mode, self.recording, *self.chosen.extra)
        output = ['-o', self.recording] if mode == 'record' else []
        return measure.replaykit(mode, '--kernel', self.kernel, '--initrd', self.initramfs, '--append', append, '--memory', self.chosen.memory,
                                 '--cpu', self.chosen.cpu, '--clock', 'host', *output, *self.chosen.extra)

    def run(self, mode, names, turn):
        """One run of one mode: notes its times and looks at what it printed."""
        if mode == 'record':
            shutil.rmtree(self.recording, ignore_errors=True)
        environment = {**os.environ, 'BENCH_WORK': self.work(names), 'BENCH_PROGRAMS': self.programs, 'BENCH_FOLDER': self.data}
        ended = measure.watched(self.command(mode, names), '@@ ', self.chosen.timeout, environment)
        sample = {'mode': mode, 'round': turn, 'wall': ended.wall, 'cpu': ended.cpu, 'boot': None, 'work': {}}
        if ended.status != 0:
            self.problems.append(f'{mode}, round {turn}: exit code {ended.status}: {ended.error.strip()[-500:]}')
        if mode in ('run', 'record') and ended.status == 0:
            sample['instructions'] = measure.instructions_of(ended.error)
        if mode != 'verify':
            self._read(sample, ended.marks, names)
        self.samples.append(sample)
        return ended.wall

    def _read(self, sample, marks, names):
        mode, begun, done, skipped = sample['mode'], {}, False, set()
        for seconds, cpu, text in marks:
            word, _, rest = text.partition(' ')
            if word == 'boot':
                sample['boot'] = {'outside': seconds, 'cpu': cpu}
            elif word in ('cpu', 'flags'):
                self.facts.setdefault(mode, {})[word] = rest
            elif word == 'skip':
                skipped.add(rest)
            elif word == 'begin':
                begun[rest] = (seconds, cpu)
            elif word == 'end':
                name, inside = rest.split()
                began, cpu_before = begun[name]
                sample['work'][name] = {'inside': float(inside), 'outside': seconds - began, 'cpu': None if None in (cpu, cpu_before) else cpu - cpu_before}
            elif word == 'result':
                name, status, result = rest.split()
                sample['work'][name]['result'] = f'{status} {result}'
            done = done or word == 'done'
        missing = [name for name in names if name not in sample['work'] and name not in skipped]
        if missing or not done:
            self.problems.append(f'{mode}, round {sample["round"]}: the session did not end; missing: {", ".join(missing) or "nothing"}')
        for name, item in sample['work'].items():
            # In a replay the clock inside is the recording's.
            inside, outside = item['inside'], item['outside']
            if mode != 'replay' and abs(inside - outside) > 0.03 + 0.05 * inside:
                self.problems.append(f'{mode}, round {sample["round"]}, {name}: {inside:.3f} s by the clock inside, {outside:.3f} s outside')

    def compare_results(self):
        """Each workload's result is the same everywhere."""
        for name in self.chosen.names:
            results = {}
            for sample in self.samples:
                if (result := sample['work'].get(name, {}).get('result')) is not None:
                    results.setdefault(result, []).append(sample['mode'])
            if len(results) > 1 or any(not result.startswith('0 ') for result in results):
                self.problems.append(f'{name}: results differ or failed: ' + '; '.join(f'{key} in {", ".join(sorted(set(modes)))}' for key, modes in results.items()))

    def close(self):
        shutil.rmtree(self.data, ignore_errors=True)


def run_all(comparison):
    chosen = comparison.chosen
    modes = []
    for mode in chosen.modes:
        modes += [f'qemu:{name}' for name in chosen.qemu_cpus.split(',')] if mode == 'qemu' else [mode]
    groups = [[name] for name in chosen.names] if chosen.each else [chosen.names]
    plan = []
    for turn in range(1, chosen.rounds + 1):
        for group in groups:
            # Every other round the other way round; what reads the recording comes after it.
            order = [mode for mode in modes if mode not in ('replay', 'verify')][::1 if turn % 2 else -1]
            reading = [mode for mode in modes if mode in ('replay', 'verify')][::1 if turn % 2 else -1]
            at = order.index('record') + 1 if reading else 0
            plan += [(turn, group, mode) for mode in order[:at] + reading + order[at:]]
    seen = {}
    for step, (turn, group, mode) in enumerate(plan):
        left = sum(statistics.mean(seen.get(mode) or [value for times in seen.values() for value in times] or [0]) for _, _, mode in plan[step:])
        remaining = f', about {left / 60:.0f} min left' if seen else ''
        what = group[0] if len(group) == 1 else f'{len(group)} workloads'
        measure.note(f'[{step + 1}/{len(plan)}] round {turn}: {mode}, {what}{remaining}')
        seen.setdefault(mode, []).append(comparison.run(mode, group, turn))
    comparison.compare_results()


def main():
    chosen = parse()
    begun = time.time()
    with tempfile.TemporaryDirectory(prefix='bench-', dir=measure.cache()) as folder:
        comparison = Comparison(chosen, folder)
        try:
            run_all(comparison)
        finally:
            comparison.close()
    result = report(comparison.samples, {name: WORKLOADS[name][0] for name in chosen.names})
    result['host'] = measure.host()
    result['qemu'] = measure.qemu_version() if 'qemu' in chosen.modes else None
    result['commit'] = measure.commit()
    result['options'] = {'kernel': os.path.basename(comparison.kernel), 'cpu': chosen.cpu, 'memory': chosen.memory, 'extra': chosen.extra,
                         'rounds': chosen.rounds, 'quick': chosen.quick, 'each': chosen.each}
    result['sizes'] = {name: WORKLOADS[name][2 if chosen.quick else 1] for name in chosen.names}
    result['guests'] = comparison.facts
    result['problems'] = comparison.problems
    result['samples'] = comparison.samples
    result['seconds'] = time.time() - begun
    if chosen.json:
        print(json.dumps(result, indent=1))
    else:
        print_table(result, chosen.cpu_time)
    for problem in comparison.problems:
        measure.note(f'problem: {problem}')
    sys.exit(1 if comparison.problems else 0)


def number(value, digits=2):
    return '-' if value is None else f'{value:.{digits}f}'


def print_table(result, by_cpu):
    options = result['options']
    measure.say(f'host: {result["host"]}; {result["qemu"] or "no QEMU"}; {options["kernel"]}, {options["memory"]}; ours: --cpu {options["cpu"]} '
                f'{" ".join(options["extra"])}, commit {result["commit"]}; {options["rounds"]} rounds{", small sizes" if options["quick"] else ""}')
    for mode, facts in result['guests'].items():
        if mode in ('record', 'replay') and facts == result['guests'].get('run'):
            continue
        measure.say(f'{mode}: {facts.get("cpu", "?")}: {facts.get("flags", "?").strip()}')
    measure.say('')
    columns = '{:15} {:8} {:>7} {:>7} {:>8} {:>7} {:>7} {:>7} | {:>6} {:>6} | {:>6} {:>6} | {:>7} {:>8}  {}'
    measure.say(columns.format('CPU seconds' if by_cpu else 'seconds', 'kind', 'native', 'QEMU', 'its cpu', 'run', 'record', 'replay', 'QEMU/r', 'by CPU', 'r/nat', 'by CPU',
                               'rec/run', 'repl/rec', 'bars'))
    kind = 'cpu_seconds' if by_cpu else 'seconds'
    for name, row in result['rows'].items():
        measure.say(columns.format(
            name, row['kind'], *(number(row[kind].get(mode), 3) for mode in ('native', row['qemu'])), row['qemu'].removeprefix('qemu:') if row['qemu'] else '-',
            *(number(row[kind].get(mode), 3) for mode in ('run', 'record', 'replay')),
            *(number(row[ratios][key]) for key in ('qemu_over_record', 'record_over_native') for ratios in ('ratios', 'cpu_ratios')),
            *(number(row['ratios'][key]) for key in ('record_over_run', 'replay_over_record')), row['bars']))
    measure.say('')
    for label, mean in result['means'].items():
        if set(mean['ratios'].values()) == {None}:
            continue
        measure.say(f'geometric mean, {label}: ' + ', '.join(
            f'{key.replace("_over_", " / ")} {number(value)} ({number(mean["cpu_ratios"][key])} by CPU)' for key, value in mean['ratios'].items()))
    measure.say('')
    measure.say('whole runs, process start to end, medians:')
    for mode, total in result['totals'].items():
        count = f', {total["instructions"] / 1e9:.2f} billion instructions' if total.get('instructions') else ''
        measure.say(f'  {mode:13} wall {total["wall"]:8.2f} s, CPU {total["cpu"]:8.2f} s{count}')
    for label, ratio in result['ratios'].items():
        measure.say(f'  {label}: wall {number(ratio["wall"], 3)}, CPU {number(ratio["cpu"], 3)}')
    measure.say(f'measured in {result["seconds"] / 60:.1f} minutes')


if __name__ == '__main__':
    main()
