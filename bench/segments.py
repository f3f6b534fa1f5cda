#!/usr/bin/env python3
"""Whether pieces of a recording that separate processes watch, when they are joined, give what one process gives: every file of every plugin that has segments, bit for bit.

    bench/segments.py                          records a boot with processes and system calls, and compares 1, 2 and 8 segments with one piece
    bench/segments.py --segments 3,16 --only coverage,profile
    bench/segments.py --recording REC --from P --to P --replays 10

'analyze --segment K/N' runs once for each segment, each time as a process of its own, and 'join' as another. --replays N also analyzes the whole N times, with every plugin, those
without segments too, and compares the results. The recording is replayed from its nearest checkpoint: make some first ('replaykit checkpoint') where it is long. Exit code 1 where something differs.
"""
import argparse
import filecmp
import os
import subprocess
import sys
import tempfile
import time

import measure

SESSION = """echo ready
i=0; while [ $i -lt 30 ]; do (echo $i; ps; ls -l /bin /proc) | gzip -c | wc -c; i=$((i+1)); done
find /proc /sys -maxdepth 3 2>/dev/null | sort | sha256sum
echo the guest is done
"""
OPTIONS = {'search': ':text=/proc/', 'who-wrote': ':address=jiffies_64'}


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--recording', metavar='REC', help='an existing recording')
    parser.add_argument('--from', dest='begin', default='start', metavar='P', help='default: %(default)s')
    parser.add_argument('--to', dest='end', default='end', metavar='P', help='default: %(default)s')
    parser.add_argument('--segments', default='1,2,8', metavar='N,…', help='default: %(default)s')
    parser.add_argument('--only', metavar='NAME,…', help='only these plugins')
    parser.add_argument('--replays', type=int, default=1, metavar='N', help='analyze the whole so often with every plugin (default: %(default)s)')
    return parser.parse_args()


def record(folder):
    fetched = measure.fetch('6.1')
    script, initrd, recording = f'{folder}/session.sh', f'{folder}/session.cpio.gz', f'{folder}/session.rk'
    with open(script, 'w', encoding='utf-8') as file:
        file.write(SESSION)
    measure.initramfs(fetched['busybox'], script, initrd)
    error = measure.timed(measure.replaykit('record', '--kernel', fetched['vmlinuz'], '--initrd', initrd, '--append', 'console=ttyS0 quiet panic=-1', '--memory', '512M', '-o', recording))[3]
    measure.say(f'recorded {measure.instructions_of(error)} instructions')
    measure.timed(measure.replaykit('checkpoint', recording))
    return recording


def plugins(segmented):
    """The names in the catalogue; those that refuse segments are found by asking for one."""
    listed = subprocess.run(measure.replaykit('plugins', '--json'), check=True, stdout=subprocess.PIPE, text=True).stdout
    return [plugin['name'] for plugin in measure.as_json(listed) if plugin['segments'] or not segmented]


def same(one, other):
    """Compares two folders of results."""
    names = sorted(os.listdir(one))
    if names != sorted(os.listdir(other)):
        return [f'{one} and {other} hold different files']
    return [name for name in names if not filecmp.cmp(f'{one}/{name}', f'{other}/{name}', shallow=False)]


def main():
    chosen = parse()
    measure.build()
    segmented, everything = plugins(True), plugins(False)
    if chosen.only:
        only = chosen.only.split(',')
        if unknown := [name for name in only if name not in everything]:
            sys.exit(f'unknown: {", ".join(unknown)}')
        segmented, everything = [name for name in segmented if name in only], only
    differences = 0
    with tempfile.TemporaryDirectory(prefix='segments-', dir=measure.cache()) as folder:
        recording = chosen.recording or record(folder)
        window = ['--from', chosen.begin, '--to', chosen.end]

        def analyze(names, *more):
            arguments = [name + OPTIONS.get(name, '') for name in names]
            return measure.timed(measure.replaykit('analyze', recording, *arguments, *window, *more))

        whole = f'{folder}/whole'
        seconds = analyze(segmented, '--out', whole)[0]
        measure.say(f'{len(segmented)} plugins in one piece: {len(os.listdir(whole))} files, {seconds:.1f} s: {", ".join(segmented)}')
        for count in map(int, chosen.segments.split(',')):
            begun = time.perf_counter()
            files = []
            for number in range(1, count + 1):
                files.append(f'{folder}/{number}-of-{count}.segment')
                analyze(segmented, '--segment', f'{number}/{count}', '--out', files[-1])
            joined = f'{folder}/joined-{count}'
            measure.timed(measure.replaykit('join', *reversed(files), '--out', joined))
            different = same(whole, joined)
            differences += len(different)
            measure.say(f'{count} segment{"s" if count > 1 else ""}, as processes, joined: {"differ in " + ", ".join(different) if different else "the same"} ({time.perf_counter() - begun:.1f} s)')
        first = f'{folder}/replay-1'
        for number in range(1, chosen.replays + 1 if chosen.replays > 1 else 1):
            analyze(everything, '--out', f'{folder}/replay-{number}')
            different = same(first, f'{folder}/replay-{number}')
            differences += len(different)
            measure.say(f'replay {number} of {chosen.replays} with {len(everything)} plugins: {"differs in " + ", ".join(different) if different else "the same"}')
    sys.exit(1 if differences else 0)


if __name__ == '__main__':
    main()
