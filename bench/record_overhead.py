#!/usr/bin/env python3
"""What one verb costs over another: alternating pairs of run and record, record and replay, replay and verify of the same guest.

    bench/record_overhead.py                                   15 pairs of run and record of a boot to power-off
    bench/record_overhead.py 20 --verbs run,record,replay,verify --work sort,files
    bench/record_overhead.py --kernel 6.12 --instructions 400000000 -- --engine interpreter

Prints the median of the pairs' ratios with its 95 % interval, for wall and CPU time of the whole process, as measured and per instruction (under
--clock host two boots differ by a few instructions). What stands after "--" goes to every verb. Every other round runs the verbs the other way
round; replay and verify then read the recording of the round before.
"""
import argparse
import json
import shutil
import tempfile

import measure
import workloads

VERBS = ('run', 'record', 'replay', 'verify')


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('pairs', type=int, nargs='?', default=15, metavar='PAIRS', help='default: %(default)s, after one that is not counted')
    parser.add_argument('--verbs', metavar='NAME,…', default='run,record', help='neighbours in run,record,replay,verify are compared (default: %(default)s)')
    parser.add_argument('--work', metavar='NAME,…', help='workloads of bench/workloads.py instead of the demonstration')
    parser.add_argument('--quick', action='store_true', help='their small sizes')
    parser.add_argument('--kernel', choices=('6.1', '6.12'), default='6.1', help='default: %(default)s')
    parser.add_argument('--clock', choices=('host', 'virtual'), default='host', help='default: %(default)s')
    parser.add_argument('--cpu', default='x86-64-v3', help='default: %(default)s')
    parser.add_argument('--memory', default='512M', help='default: %(default)s')
    parser.add_argument('--instructions', metavar='N', help='end after so many instructions (default: at power-off)')
    parser.add_argument('--json', action='store_true')
    parser.add_argument('extra', nargs='*', metavar='-- ARGUMENT', help='more arguments for replaykit')
    chosen = parser.parse_args()
    chosen.verbs = chosen.verbs.split(',')
    if unknown := [verb for verb in chosen.verbs if verb not in VERBS]:
        parser.error(f'unknown: {", ".join(unknown)}')
    if 'record' not in chosen.verbs:
        parser.error('record is one of the verbs')
    chosen.verbs.sort(key=VERBS.index)
    return chosen


def guest(chosen, folder):
    """The arguments that describe the machine."""
    append = 'console=ttyS0 quiet'
    if chosen.work is None:
        kernel, initramfs = measure.guest(chosen.kernel)
    else:
        kernel, initramfs, _ = workloads.build(chosen.kernel, folder)
        append += f' bench.work={workloads.work(chosen.work.split(","), chosen.quick)}'
    limit = ['--instructions', chosen.instructions] if chosen.instructions else []
    return ['--kernel', kernel, '--initrd', initramfs, '--append', append, '--memory', chosen.memory, '--cpu', chosen.cpu, '--clock', chosen.clock, *limit]


def measured(chosen, machine, recording):
    """All rounds: for each a dictionary from verb to (wall, CPU, instructions)."""
    rounds, recorded = [], 0
    for turn in range(chosen.pairs + 1):
        results = {}
        # The first round makes the recording before anything reads it.
        for verb in chosen.verbs[::1 if turn % 2 == 0 else -1]:
            if verb in ('replay', 'verify'):
                wall, cpu, _, _ = measure.timed(measure.replaykit(verb, recording, *chosen.extra))
                instructions = recorded
            else:
                output = []
                if verb == 'record':
                    shutil.rmtree(recording, ignore_errors=True)
                    output = ['-o', recording]
                wall, cpu, _, error = measure.timed(measure.replaykit(verb, *machine, *output, *chosen.extra))
                instructions = measure.instructions_of(error)
                recorded = instructions if verb == 'record' else recorded
            results[verb] = (wall, cpu, instructions)
        if turn > 0:
            rounds.append(results)
        measure.note(f'round {turn} of {chosen.pairs}: ' + ', '.join(
            f'{verb} {results[verb][0]:.2f} s ({results[verb][1]:.2f} CPU, {results[verb][2]} instructions)' for verb in chosen.verbs))
    return rounds


def main():
    chosen = parse()
    measure.build()
    with tempfile.TemporaryDirectory(prefix='overhead-', dir=measure.cache()) as folder:
        rounds = measured(chosen, guest(chosen, folder), f'{folder}/bench.rk')
    result = {'host': measure.host(), 'commit': measure.commit(), 'options': vars(chosen), 'ratios': {}, 'rounds': rounds}
    for below, above in zip(chosen.verbs, chosen.verbs[1:]):
        for what, value in (('wall', lambda run: run[0]), ('CPU', lambda run: run[1]),
                            ('wall per instruction', lambda run: run[0] / run[2]), ('CPU per instruction', lambda run: run[1] / run[2])):
            result['ratios'][f'{above} / {below}, {what}'] = measure.median_with_interval([value(run[above]) / value(run[below]) for run in rounds])
    if chosen.json:
        print(json.dumps(result, indent=1))
        return
    measure.say(f'host: {result["host"]}; kernel {chosen.kernel}, clock {chosen.clock}, {chosen.work or "a boot"}, {chosen.pairs} pairs after one that is not '
                f'counted; commit {result["commit"]} {" ".join(chosen.extra)}')
    for name, (median, low, high) in result['ratios'].items():
        measure.say(f'{name:40} {median:.4f}  (95 % interval {low:.4f} to {high:.4f})')


if __name__ == '__main__':
    main()
