#!/usr/bin/env python3
"""Records a boot whose vCPUs run in parallel under parallel work, again and again; verifies each recording serially and in parallel, and compares
the replayed console text with the recorded one byte for byte.

    bench/repeat_parallel.py                              20 recordings with 2 vCPUs, kernel 6.1
    bench/repeat_parallel.py --cpus 8 --times 2 --kernel 6.12

The work is that of bench/multicore.py, small sizes. Exit code 1: a boot did not power off, a state or a console text differs; the recording stays.
"""
import argparse
import shutil
import subprocess
import sys
import tempfile

import measure
from multicore import WORKLOADS

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument('--times', type=int, default=20, metavar='N')
parser.add_argument('--cpus', type=int, default=2, metavar='N')
parser.add_argument('--kernel', choices=('6.1', '6.12'), default='6.1')
chosen = parser.parse_args()
measure.build()
fetched = measure.fetch(chosen.kernel)
folder = tempfile.mkdtemp(prefix='repeat-parallel-')
recording, initramfs = f'{folder}/parallel.rk', f'{folder}/initramfs.cpio.gz'
subprocess.run([f'{measure.CHECKOUT}/bench/workloads/build.sh', folder], check=True)
measure.initramfs(fetched['busybox'], f'{measure.CHECKOUT}/bench/workloads/parallel.sh', initramfs, f'{folder}/work:/bin/work')
work = ','.join(f'{name}:{small}' for name, (_, _, small) in WORKLOADS.items())

for boot in range(1, chosen.times + 1):
    shutil.rmtree(recording, ignore_errors=True)
    recorded, _, live, _ = measure.timed(measure.replaykit(
        'record', '--kernel', fetched['vmlinuz'], '--initrd', initramfs, '--append', f'console=ttyS0 quiet mitigations=off panic=-1 bench.work={work}',
        '--memory', '512M', '--cpus', str(chosen.cpus), '--schedule', 'parallel', '-o', recording))
    info = measure.as_json(measure.timed(measure.replaykit('info', recording, '--json'))[2])
    if info['ended'] != 'power-off' or f'@@ boot {chosen.cpus}' not in live or any(f'@@ result {name} 0 ' not in live for name in WORKLOADS):
        sys.exit(f'boot {boot} of {recording} did not do its work: {info["ended"]}\n{live[-2000:]}')
    took = []
    for way in ([], ['--parallel']):
        took.append(measure.timed(measure.replaykit('verify', recording, *way))[0])
    if measure.timed(measure.replaykit('replay', recording))[2] != live:
        sys.exit(f'boot {boot} of {recording}: the console text of the replay differs')
    measure.say(f'boot {boot:2}: {info["instructions"]} instructions on {chosen.cpus} vCPUs recorded in {recorded:.1f} s; verified serially in {took[0]:.1f} s, in parallel in {took[1]:.1f} s; '
                f'console equal ({len(live)} bytes); {info["log_bytes"]} bytes of log')
shutil.rmtree(folder)
