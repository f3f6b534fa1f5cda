#!/usr/bin/env python3
"""Work for two processors inside a guest, paired in one run: one vCPU, two in parallel, recorded in parallel and in turns, and QEMU with two.

    bench/multicore.py                                 every workload, 3 rounds
    bench/multicore.py --only lines,locks --rounds 1   some of them
    bench/multicore.py --into FILE …                   adds what was measured to a file, for measuring in pieces
    bench/multicore.py --report FILE                   prints the tables of all pieces

Each mode boots the same kernel and initramfs once per round and runs the workloads one after the other (bench/workloads/parallel.sh). A workload's
time is taken inside the guest by its monotonic clock. "verify" is `verify --parallel` of the recording of the same round, as a whole: its wall time
is compared with the recording's. With --log each workload is recorded in a boot of its own and the log's size told apart (less that of a boot
without work). Results go to standard output, progress to standard error. Exit code 1: a result differs, or a run failed.
"""
import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile

import measure
from workloads_report import geometric_mean

# name: (kind, size, small size)
WORKLOADS = {
    'sha256sum': ('independent', 128_000_000, 4_000_000),
    'gzip': ('independent', 32_000_000, 1_000_000),
    'awk': ('independent', 800_000, 10_000),
    'walk': ('independent', 12, 1),
    'blocks': ('little sharing', 24_000, 100),
    'starts': ('kernel', 300, 20),
    'files': ('kernel', 3000, 200),
    'pipes': ('kernel', 10_000, 500),
    'locks': ('sharing', 1000, 100),
    'lines': ('worst', 50, 1),
}
SCHEDULES = {'run': 'parallel', 'record': 'parallel', 'turns': 'turns'}
MODES = ('one', 'run', 'record', 'verify', 'turns', 'qemu')
RATIOS = (('one', 'run'), ('record', 'run'), ('turns', 'record'), ('qemu', 'run'), ('qemu', 'record'))


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--rounds', type=int, default=3, metavar='N', help='rounds of alternating runs (default: 3)')
    parser.add_argument('--only', metavar='NAME,…', default=','.join(WORKLOADS), help='default: %(default)s')
    parser.add_argument('--modes', metavar='NAME,…', default=','.join(MODES), help='default: %(default)s; verify needs record')
    parser.add_argument('--quick', action='store_true', help='small sizes')
    parser.add_argument('--kernel', choices=('6.1', '6.12'), default='6.1', help='default: %(default)s')
    parser.add_argument('--memory', default='512M', help='default: %(default)s')
    parser.add_argument('--log', action='store_true', help='measure the log of each workload instead of its time')
    parser.add_argument('--into', metavar='FILE', help='add what was measured to this file')
    parser.add_argument('--report', metavar='FILE', help='print the tables of such a file and measure nothing')
    chosen = parser.parse_args()
    chosen.only, chosen.modes = chosen.only.split(','), chosen.modes.split(',')
    if unknown := [name for name in chosen.only if name not in WORKLOADS] + [mode for mode in chosen.modes if mode not in MODES]:
        parser.error(f'unknown: {", ".join(unknown)}')
    return chosen


class Guests:
    """What was built for the runs."""

    def __init__(self, chosen, folder):
        self.chosen, self.folder = chosen, folder
        self.recording = f'{folder}/bench.rk'
        measure.build()
        fetched = measure.fetch(chosen.kernel)
        subprocess.run([f'{measure.CHECKOUT}/bench/workloads/build.sh', folder], check=True)
        self.kernel, self.initramfs = fetched['vmlinuz'], f'{folder}/initramfs.cpio.gz'
        measure.initramfs(fetched['busybox'], f'{measure.CHECKOUT}/bench/workloads/parallel.sh', self.initramfs, f'{folder}/work:/bin/work')

    def command(self, mode, names):
        if mode == 'verify':
            return measure.replaykit('verify', self.recording, '--parallel')
        work = ','.join(f'{name}:{WORKLOADS[name][2 if self.chosen.quick else 1]}' for name in names)
        append = f'console=ttyS0 quiet mitigations=off panic=-1 bench.work={work}'
        if mode == 'qemu':
            # See bench/workloads.py for -cx16.
            return ['qemu-system-x86_64', '-accel', 'tcg,thread=multi', '-smp', '2', '-cpu', 'Nehalem,-cx16', '-m', self.chosen.memory, '-nographic',
                    '-no-reboot', '-kernel', self.kernel, '-initrd', self.initramfs, '-append', append]
        several = ['--cpus', '2', '--schedule', SCHEDULES[mode]] if mode != 'one' else []
        output = ['-o', self.recording] if mode in ('record', 'turns') else []
        return measure.replaykit('record' if output else 'run', '--kernel', self.kernel, '--initrd', self.initramfs, '--append', append,
                                 '--memory', self.chosen.memory, *several, *output)

    def run(self, mode, names):
        """One boot; returns a sample."""
        if mode in ('record', 'turns'):
            shutil.rmtree(self.recording, ignore_errors=True)
        ended = measure.watched(self.command(mode, names), '@@ ', 1800, os.environ)
        sample = {'mode': mode, 'wall': ended.wall, 'cpu': ended.cpu, 'work': {}, 'result': {}}
        for _, _, text in ended.marks:
            word, _, rest = text.partition(' ')
            if word == 'end':
                name, seconds = rest.split()
                sample['work'][name] = float(seconds)
            elif word == 'result':
                name, _, result = rest.partition(' ')
                sample['result'][name] = result
        if ended.status != 0 or (mode != 'verify' and len(sample['result']) != len(names)):
            sys.exit(f'{mode} ended with {ended.status}:\n{ended.text[-1000:]}\n{ended.error[-1000:]}')
        measure.note(f'{mode}: {ended.wall:.1f} s ({ended.cpu:.1f} CPU): ' + ', '.join(f'{name} {seconds:.2f}' for name, seconds in sample['work'].items()))
        return sample


def measure_times(guests, chosen):
    samples = []
    for turn in range(chosen.rounds):
        # A verification reads the recording that was made just before.
        modes = [mode for mode in chosen.modes if mode != 'verify']
        for mode in modes[::1 if turn % 2 == 0 else -1]:
            samples.append(guests.run(mode, chosen.only))
            if mode == 'record' and 'verify' in chosen.modes:
                samples.append({**guests.run('verify', chosen.only), 'recorded': samples[-1]['wall'], 'names': chosen.only})
    return samples


def measure_logs(guests, chosen):
    rows = []
    for name in ['boot', *chosen.only]:
        guests.run('record', [] if name == 'boot' else [name])
        info = measure.as_json(measure.timed(measure.replaykit('info', guests.recording, '--json'))[2])
        rows.append({'mode': 'log', 'name': name, 'instructions': info['instructions'], 'bytes': info['log_bytes'], 'kinds': info['records_by_kind']})
    return rows


def median(values):
    return measure.median_with_interval(values)[0]


def report_times(samples):
    names = [name for name in WORKLOADS if any(name in sample.get('work', {}) for sample in samples)]
    times = {mode: {name: [sample['work'][name] for sample in samples if sample['mode'] == mode and name in sample['work']] for name in names} for mode in MODES}
    shown = [mode for mode in MODES if mode != 'verify' and any(times[mode].values())]
    columns = [(f'{over} / {under}', over, under) for over, under in RATIOS if over in shown and under in shown]
    measure.say('seconds inside the guest, medians; ratios of medians\n')
    measure.say('| workload | kind | ' + ' | '.join(shown) + ' | ' + ' | '.join(label for label, _, _ in columns) + ' |')
    measure.say('| --- ' * (2 + len(shown) + len(columns)) + '|')
    ratios = {label: [] for label, _, _ in columns}
    for name in names:
        of = {mode: median(times[mode][name]) for mode in shown if times[mode][name]}
        cells = [f'{of[mode]:.2f}' if mode in of else '' for mode in shown]
        for label, over, under in columns:
            if over in of and under in of:
                ratios[label].append(of[over] / of[under])
                cells.append(f'{ratios[label][-1]:.2f}')
            else:
                cells.append('')
        measure.say(f'| {name} | {WORKLOADS[name][0]} | ' + ' | '.join(cells) + ' |')
    measure.say('| geometric mean | | ' + ' | '.join([''] * len(shown) + [f'{geometric_mean(ratios[label]) or math.nan:.2f}' for label, _, _ in columns]) + ' |')
    for names_of, values in by_names(samples).items():
        measure.say(f'\nverify --parallel / record, wall time of the whole ({names_of}): {", ".join(f"{value:.2f}" for value in values)}')
    counts = {mode: len([sample for sample in samples if sample['mode'] == mode]) for mode in shown}
    measure.say(f'\nruns: {counts}')


def by_names(samples):
    found = {}
    for sample in samples:
        if sample['mode'] == 'verify':
            found.setdefault(','.join(sample['names']), []).append(sample['wall'] / sample['recorded'])
    return found


def report_logs(rows):
    boots = [row for row in rows if row['name'] == 'boot']
    measure.say('\n| log of | instructions (millions) | bytes | turns | waits | readings of the time | interrupts | bytes per turn | bytes per 1000 instructions |')
    measure.say('| --- ' * 9 + '|')
    for row in rows:
        less = {'instructions': 0, 'bytes': 0, 'kinds': {}} if row['name'] == 'boot' or not boots else boots[-1]
        many = row['instructions'] - less['instructions']
        size = row['bytes'] - less['bytes']
        kinds = {kind: row['kinds'].get(kind, 0) - less['kinds'].get(kind, 0) for kind in ('vcpu-turn', 'vcpu-wait', 'time-anchor', 'interrupt-taken')}
        measure.say(f'| {row["name"]} | {many / 1e6:.0f} | {size} | ' + ' | '.join(str(count) for count in kinds.values()) +
                    f' | {size / max(1, kinds["vcpu-turn"]):.1f} | {1000 * size / max(1, many):.3f} |')


def report(samples):
    logs = [sample for sample in samples if sample['mode'] == 'log']
    times = [sample for sample in samples if sample['mode'] != 'log']
    if times:
        report_times(times)
    if logs:
        report_logs(logs)
    results = {}
    for sample in times:
        for name, result in sample['result'].items():
            results.setdefault((name, sample.get('quick', False)), set()).add(result)
    if differing := [f'{name}: {", ".join(sorted(found))}' for (name, _), found in results.items() if len(found) > 1]:
        sys.exit('results differ: ' + '; '.join(differing))


def main():
    chosen = parse()
    samples = []
    if chosen.report is None:
        measure.say(f'host: {measure.host()}; kernel {chosen.kernel}; commit {measure.commit()}')
        with tempfile.TemporaryDirectory(prefix='multicore-', dir=measure.cache()) as folder:
            guests = Guests(chosen, folder)
            samples = measure_logs(guests, chosen) if chosen.log else measure_times(guests, chosen)
    if chosen.into is not None:
        with open(chosen.into, 'a', encoding='ascii') as file:
            file.writelines(json.dumps({**sample, 'quick': chosen.quick}) + '\n' for sample in samples)
    if chosen.report is not None:
        with open(chosen.report, encoding='ascii') as file:
            samples = [json.loads(line) for line in file]
    if chosen.into is None:
        report(samples)


if __name__ == '__main__':
    main()
