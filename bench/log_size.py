#!/usr/bin/env python3
"""Bytes of log per 1000 guest instructions of a recorded boot.

usage: bench/log_size.py [6.1|6.12]
"""
import shutil
import sys

import measure

version = sys.argv[1] if len(sys.argv) > 1 else '6.1'
measure.build()
kernel, initramfs = measure.guest(version)
recording = f'{measure.CHECKOUT}/.cache/bench-log.rk'
shutil.rmtree(recording, ignore_errors=True)
measure.timed(measure.replaykit('record', '--kernel', kernel, '--initrd', initramfs, '--append', 'console=ttyS0 quiet',
                                '--memory', '512M', '--clock', 'host', '-o', recording))
info = measure.as_json(measure.timed(measure.replaykit('info', recording, '--json'))[2])
shutil.rmtree(recording)
measure.say(f'host: {measure.host()}; kernel {version}')
measure.say(f'{info["instructions"]} instructions, {info["records"]} records, {info["log_bytes"]} bytes of log: '
            f'{info["log_bytes"] * 1000 / info["instructions"]:.4f} bytes per 1000 instructions')
for kind, count in info['records_by_kind'].items():
    measure.say(f'  {kind:14} {count}')
