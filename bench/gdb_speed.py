#!/usr/bin/env python3
"""How long gdb takes over a whole recording, compared with a plain replay of it: back to a breakpoint and to a watchpoint hit near its beginning, with one job and with one for each
processor; forward to a breakpoint that is not hit; and how long a step back takes.

usage: bench/gdb_speed.py [ROUNDS, default 3] [6.1|6.12] [SECONDS, default 0] [--recording REC]

With SECONDS the guest computes so long after its boot: a longer recording. With --recording one that has checkpoints is used as it is, of a Linux guest whose kernel writes its command line at boot.
"""
import argparse
import json
import os
import shutil
import statistics
import tempfile

import measure

STEPS = 200
BACK = '''
python
import json, time
def timed(command):
    begun = time.perf_counter()
    gdb.execute(command, to_string=True)
    return time.perf_counter() - begun
seconds, steps = {}, [0]
gdb.execute("hbreak start_kernel")
seconds["back to a breakpoint"] = timed("reverse-continue")
gdb.execute("delete")
gdb.execute("goto end", to_string=True)
gdb.execute("watch *(long *)&saved_command_line", to_string=True)
seconds["back to a watchpoint"] = timed("reverse-continue")
gdb.execute("delete")
end
'''
FORTH = f'''
python
gdb.execute("goto start", to_string=True)
gdb.execute("hbreak *panic", to_string=True)
seconds["forward past a breakpoint"] = timed("continue")
gdb.execute("delete")
gdb.execute("goto 60%", to_string=True)
steps = sorted(timed("reverse-stepi") for _ in range({STEPS}))
end
'''
END = f'''
python
print("result " + json.dumps({{"seconds": seconds, "step": steps[len(steps) // 2], "slow step": steps[len(steps) * 95 // 100]}}))
end
'''

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument('rounds', nargs='?', type=int, default=3)
parser.add_argument('version', nargs='?', choices=['6.1', '6.12'], default='6.1')
parser.add_argument('seconds', nargs='?', type=int, default=0)
parser.add_argument('--recording')
arguments = parser.parse_args()
measure.build()


def record():
    with tempfile.NamedTemporaryFile('w', suffix='.sh') as script:
        script.write(f'end=$(($(cut -d. -f1 /proc/uptime) + {arguments.seconds})); while [ $(cut -d. -f1 /proc/uptime) -lt $end ]; do sha256sum /bin/busybox | md5sum > /dev/null; done\n')
        script.flush()
        kernel, initramfs = measure.guest(arguments.version, script.name if arguments.seconds else None)
    recording = f'{measure.cache()}/bench-gdb.rk'
    shutil.rmtree(recording, ignore_errors=True)
    measure.timed(measure.replaykit('record', '--kernel', kernel, '--initrd', initramfs, '--append', 'console=ttyS0 quiet', '--memory', '512M', '-o', recording))
    measure.timed(measure.replaykit('checkpoint', recording))
    return recording


def debug(jobs, *parts):
    with tempfile.NamedTemporaryFile('w', suffix='.gdb') as script:
        script.write(''.join(parts))
        script.flush()
        text = measure.timed(measure.replaykit('debug', recording, '--jobs', str(jobs), '--', '-nh', '-batch', '-x', script.name))[2]
    return json.loads(next(line for line in text.splitlines() if line.startswith('result '))[7:])


recording = arguments.recording or record()
ratios, steps = {}, []
for turn in range(arguments.rounds):
    plain = measure.timed(measure.replaykit('replay', recording))[0]
    for jobs in sorted({1, os.cpu_count()}):
        result = debug(jobs, BACK, FORTH if jobs == 1 else '', END)
        if jobs == 1:
            steps.append((result['step'], result['slow step']))
        for way, seconds in result['seconds'].items():
            ratios.setdefault(f'{way}, --jobs {jobs}', []).append(seconds / plain)
        measure.note(f'round {turn + 1} of {arguments.rounds}: replay {plain:.1f} s, --jobs {jobs}: ' + ', '.join(f'{way} {seconds:.1f} s' for way, seconds in result['seconds'].items()))
if not arguments.recording:
    shutil.rmtree(recording)

measure.say(f'host: {measure.host()}; kernel {arguments.version}, {arguments.rounds} rounds')
for way, values in ratios.items():
    measure.say(f'{way}, over a plain replay: median {statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})')
measure.say(f'a step back: median {1000 * statistics.median(step for step, _ in steps):.0f} ms, 95 % of them below {1000 * max(slow for _, slow in steps):.0f} ms')
