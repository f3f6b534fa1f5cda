#!/usr/bin/env python3
"""Real programs as guests: each is recorded, its replay verified and its console text compared with a run of the same files on the host.

    bench/real_programs.py                              all, with both CPU models
    bench/real_programs.py --only perl,static --cpu x86-64-v3
    bench/real_programs.py -- --engine interpreter      what stands after "--" goes to record, verify and replay

The programs and what they do are in samples/guest/programs; samples/guest/programs.sh fetches and builds them, samples/guest/native.sh runs them on the
host. A program is right when its text is the host's line by line, it ends with PASS, the replay's console text is the
recording's byte for byte, and every state hash is equal. Exit code 1: one is not.
"""
import argparse
import difflib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

import measure

PROGRAMS = ('static', 'luajit', 'perl', 'python3', 'openssl', 'gcc', 'node', 'dotnet')
MODELS = ('x86-64-v3', 'x86-64-v2')


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--only', metavar='NAME,…', default=','.join(PROGRAMS), help='default: %(default)s')
    parser.add_argument('--cpu', metavar='MODEL,…', default=','.join(MODELS), help='default: %(default)s')
    parser.add_argument('--kernel', choices=('6.1', '6.12'), default='6.12', help='default: %(default)s')
    parser.add_argument('--keep', metavar='FOLDER', help='leave guests, recordings and texts here')
    parser.add_argument('--timeout', type=float, default=3600, metavar='SECONDS', help='for one run (default: %(default).0f)')
    parser.add_argument('--json', action='store_true')
    parser.add_argument('extra', nargs='*', metavar='-- ARGUMENT', help='more arguments for replaykit')
    chosen = parser.parse_args()
    if unknown := [name for name in chosen.only.split(',') if name not in PROGRAMS] + [model for model in chosen.cpu.split(',') if model not in MODELS]:
        parser.error(f'unknown: {", ".join(unknown)}')
    return chosen


def build(name, folder):
    """The initramfs and the memory of a guest that runs a program."""
    built = subprocess.run([f'{measure.CHECKOUT}/samples/guest/programs.sh', name, folder], check=True, stdout=subprocess.PIPE, text=True).stdout
    paths = dict(line.split('=', 1) for line in built.split())
    return paths['initramfs'], paths['memory']


def session(text):
    """The lines that the program printed."""
    lines = text.replace('\r', '').split('\n')
    begun = next((at for at, line in enumerate(lines) if line.startswith('@@ begin ')), len(lines))
    ended = next((at for at, line in enumerate(lines) if line.startswith('@@ end ')), len(lines) - 1)
    return lines[begun:ended + 1]


def check(name, model, kernel, initramfs, memory, native, folder, chosen):
    """Records, verifies and replays; returns what was measured and what is wrong."""
    recording = f'{folder}/{name}-{model}.rk'
    shutil.rmtree(recording, ignore_errors=True)
    row = {'program': name, 'cpu': model, 'memory': memory, 'problems': []}

    def run(verb, *arguments):
        ended = measure.watched(measure.replaykit(verb, *arguments, *chosen.extra), '@@ ', chosen.timeout)
        row[verb] = {'wall': ended.wall, 'cpu': ended.cpu}
        if ended.status != 0:
            row['problems'].append(f'{verb} ended with {ended.status}: {ended.error.strip()[-600:]}')
        return ended

    recorded = run('record', '--kernel', kernel, '--initrd', initramfs, '--append', 'console=ttyS0 quiet panic=-1', '--memory', memory, '--cpu', model,
                   '-o', recording)
    if recorded.status == 0:
        row['instructions'] = measure.instructions_of(recorded.error)
    found = session(recorded.text)
    row['passed'] = f'PASS {name}' in found
    if found != native:
        row['problems'].append('differs from the host:\n' + '\n'.join(difflib.unified_diff(native, found, 'host', 'guest', lineterm='', n=0)))
    if f'PASS {name}' not in native:
        row['problems'].append('does not pass on the host')
    if os.path.isdir(recording):
        info = measure.as_json(measure.timed(measure.replaykit('info', recording, '--json'))[2])
        row['log_bytes'] = info['log_bytes']
        run('verify', recording)
        if run('replay', recording).text != recorded.text:
            row['problems'].append("the replay's console text differs")
    row['ok'] = row['passed'] and not row['problems']
    if chosen.keep:
        with open(f'{folder}/{name}-{model}.txt', 'w', encoding='latin-1') as file:
            file.write(recorded.text)
    else:
        shutil.rmtree(recording, ignore_errors=True)
    return row


def main():
    chosen = parse()
    measure.build()
    kernel = measure.fetch(chosen.kernel)['vmlinuz']
    names, models = chosen.only.split(','), chosen.cpu.split(',')
    rows, begun = [], time.time()
    measure.note(f'host: {measure.host()}; {os.path.basename(kernel)}; commit {measure.commit()} {" ".join(chosen.extra)}')
    with tempfile.TemporaryDirectory(prefix='programs-', dir=measure.cache()) as scratch:
        folder = chosen.keep or scratch
        os.makedirs(folder, exist_ok=True)
        for name in names:
            initramfs, memory = build(name, f'{folder}/{name}')
            for model in models:
                left = (time.time() - begun) / len(rows) * (len(names) * len(models) - len(rows)) if rows else 0
                measure.note(f'[{len(rows) + 1}/{len(names) * len(models)}] {name}, {model}' + (f', about {left / 60:.0f} min left' if rows else ''))
                native = measure.watched([f'{measure.CHECKOUT}/samples/guest/native.sh', f'{folder}/{name}/root', model], '@@ ', chosen.timeout)
                if native.status != 0:
                    sys.exit(f'{name} does not run on the host (exit code {native.status}): {native.error}')
                row = check(name, model, kernel, initramfs, memory, session(native.text), folder, chosen)
                row['native'] = {'wall': native.wall, 'cpu': native.cpu}
                rows.append(row)
                if not chosen.json:
                    print_row(row)
            if not chosen.keep:
                shutil.rmtree(f'{folder}/{name}')
    if chosen.json:
        print(json.dumps({'host': measure.host(), 'commit': measure.commit(), 'kernel': os.path.basename(kernel), 'extra': chosen.extra, 'rows': rows}, indent=1))
    sys.exit(0 if all(row['ok'] for row in rows) else 1)


def print_row(row):
    times = ', '.join(f'{verb} {row[verb]["wall"]:.1f} s ({row[verb]["cpu"]:.1f} CPU)' for verb in ('native', 'record', 'verify', 'replay') if verb in row)
    measure.say(f'{row["program"]:8} {row["cpu"]}: {"right" if row["ok"] else "WRONG"}; {row.get("instructions", 0) / 1e9:.2f} billion instructions, '
                f'{row.get("log_bytes", 0)} bytes of log; {times}')
    for problem in row['problems']:
        measure.say('    ' + problem.replace('\n', '\n    '))


if __name__ == '__main__':
    main()
