#!/usr/bin/env python3
"""What gdb's ways through a recorded boot cost, as ratios to a plain replay of it: continuing past a breakpoint that is never hit, going back from the end to
a breakpoint and to a watchpoint hit near the beginning; and how long a step back takes.

usage: bench/gdb_speed.py [ROUNDS, default 3] [6.1|6.12] [SECONDS, default 0]

With SECONDS the guest computes so long after its boot: a longer recording.
"""
import json
import shutil
import statistics
import sys
import tempfile

import measure

STEPS = 200
SCRIPT = f'''
python
import json, time
def timed(command):
    begun = time.perf_counter()
    gdb.execute(command, to_string=True)
    return time.perf_counter() - begun
seconds = {{}}
gdb.execute("hbreak start_kernel")
seconds["back to a breakpoint"] = timed("reverse-continue")
gdb.execute("delete")
gdb.execute("goto end", to_string=True)
gdb.execute("watch *(long *)&saved_command_line", to_string=True)
seconds["back to a watchpoint"] = timed("reverse-continue")
gdb.execute("delete")
gdb.execute("goto start", to_string=True)
gdb.execute("hbreak *panic", to_string=True)
seconds["forward past a breakpoint"] = timed("continue")
gdb.execute("delete")
gdb.execute("goto 60%", to_string=True)
steps = sorted(timed("reverse-stepi") for _ in range({STEPS}))
print("result " + json.dumps({{"seconds": seconds, "step": steps[{STEPS // 2}], "slow step": steps[{STEPS * 95 // 100}]}}))
end
'''

rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
version = sys.argv[2] if len(sys.argv) > 2 else '6.1'
measure.build()
load = int(sys.argv[3]) if len(sys.argv) > 3 else 0
script = tempfile.NamedTemporaryFile('w', suffix='.sh')
script.write(f'end=$(($(cut -d. -f1 /proc/uptime) + {load})); while [ $(cut -d. -f1 /proc/uptime) -lt $end ]; do sha256sum /bin/busybox | md5sum > /dev/null; done\n')
script.flush()
kernel, initramfs = measure.guest(version, script.name if load else None)
recording = f'{measure.cache()}/bench-gdb.rk'
shutil.rmtree(recording, ignore_errors=True)
measure.timed(measure.replaykit('record', '--kernel', kernel, '--initrd', initramfs, '--append', 'console=ttyS0 quiet', '--memory', '512M', '-o', recording))
measure.timed(measure.replaykit('checkpoint', recording))

ratios, steps = {}, []
for turn in range(rounds):
    plain = measure.timed(measure.replaykit('replay', recording))[0]
    with tempfile.NamedTemporaryFile('w', suffix='.gdb') as script:
        script.write(SCRIPT)
        script.flush()
        text = measure.timed(measure.replaykit('debug', recording, '--', '-nh', '-batch', '-x', script.name))[2]
    result = json.loads(next(line for line in text.splitlines() if line.startswith('result '))[7:])
    steps.append((result['step'], result['slow step']))
    for way, seconds in result['seconds'].items():
        ratios.setdefault(way, []).append(seconds / plain)
    measure.note(f'round {turn + 1} of {rounds}: replay {plain:.1f} s, ' + ', '.join(f'{way} {seconds:.1f} s' for way, seconds in result['seconds'].items()))
shutil.rmtree(recording)

measure.say(f'host: {measure.host()}; kernel {version}, {rounds} rounds')
for way, values in ratios.items():
    measure.say(f'{way}, over a plain replay: median {statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})')
measure.say(f'a step back: median {1000 * statistics.median(step for step, _ in steps):.0f} ms, 95 % of them below {1000 * max(slow for _, slow in steps):.0f} ms')
