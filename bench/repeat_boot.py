#!/usr/bin/env python3
"""Records the same boot again and again, verifies each recording and compares its replayed console text byte for byte; then records it
twice under the virtual clock and compares the last state hashes.

usage: bench/repeat_boot.py [TIMES, default 10] [6.1|6.12]
"""
import shutil
import sys

import measure

times = int(sys.argv[1]) if len(sys.argv) > 1 else 10
version = sys.argv[2] if len(sys.argv) > 2 else '6.1'
measure.build()
kernel, initramfs = measure.guest(version)
recording = f'{measure.CHECKOUT}/.cache/bench-repeat.rk'


def record(clock):
    shutil.rmtree(recording, ignore_errors=True)
    _, _, text, _ = measure.timed(measure.replaykit(
        'record', '--kernel', kernel, '--initrd', initramfs, '--append', 'console=ttyS0', '--memory', '512M', '--clock', clock, '-o', recording))
    info = measure.as_json(measure.timed(measure.replaykit('info', recording, '--json'))[2])
    if info['ended'] != 'power-off':
        sys.exit(f'the guest did not power off: {info["ended"]}')
    return text, info


for boot in range(1, times + 1):
    live, info = record('host')
    verified = measure.timed(measure.replaykit('verify', recording))[2].strip()
    if measure.timed(measure.replaykit('replay', recording))[2] != live:
        sys.exit(f'boot {boot}: the console text of the replay differs')
    measure.say(f'boot {boot:2}: {verified.split(": ", 1)[1]}; console equal ({len(live)} bytes); {info["log_bytes"]} bytes of log')

hashes = [record('virtual')[1]['state_hash'] for _ in range(2)]
shutil.rmtree(recording)
measure.say(f'virtual clock: {hashes[0]} and {hashes[1]}')
sys.exit(0 if hashes[0] == hashes[1] else 'the state hashes of the virtual clock differ')
