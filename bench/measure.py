"""What the measurements of this folder share: guests, timed runs, and a median with its interval."""
import json
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

CHECKOUT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def guest(version, script=None):
    """Fetches the kernel and builds the initramfs; returns both paths."""
    fetched = subprocess.run([f'{CHECKOUT}/samples/guest/fetch.sh', version], check=True, stdout=subprocess.PIPE, text=True).stdout
    paths = dict(line.split('=', 1) for line in fetched.split())
    initramfs = f'{CHECKOUT}/.cache/bench-initramfs.cpio.gz'
    subprocess.run([f'{CHECKOUT}/samples/guest/initramfs.sh', '--busybox', paths['busybox'],
                    '--script', script or f'{CHECKOUT}/samples/guest/demo-session.sh', '-o', initramfs],
                   check=True, stdout=subprocess.DEVNULL)
    return paths['vmlinuz'], initramfs


def replaykit(*arguments):
    """The command line of the built command, without the wrapper's look at the sources."""
    return ['dotnet', f'{CHECKOUT}/src/ReplayKit.Cli/bin/Release/net10.0/replaykit.dll', *arguments]


def build():
    subprocess.run([f'{CHECKOUT}/replaykit', '--version'], check=True, stdout=subprocess.DEVNULL)


def timed(command):
    """Runs a command; returns wall seconds, CPU seconds (user and system), standard output and standard error."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read().decode('latin-1'))
    if process.returncode != 0:
        sys.exit(f'{" ".join(command)}\nended with {process.returncode}:\n{texts[1]}')
    return wall, usage.ru_utime + usage.ru_stime, texts[0], texts[1]


def instructions_of(error_text):
    """The number of instructions in the line with which `run` and `record` end."""
    found = re.findall(r'([0-9]+) instructions', error_text)
    if not found:
        sys.exit(f'no number of instructions in:\n{error_text}')
    return int(found[-1])


def median_with_interval(values):
    """The median and its 95 % interval by order statistics (the binomial distribution; no assumption about the shape)."""
    ordered = sorted(values)
    count = len(ordered)
    below = 0.0
    rank = 0
    for k in range(count):
        below += math.comb(count, k) / 2 ** count
        if below > 0.025:
            break
        rank = k + 1
    low = ordered[max(rank - 1, 0)]
    high = ordered[min(count - rank, count - 1)] if rank else ordered[-1]
    return statistics.median(ordered), low, high


def say(text):
    print(text, flush=True)


def host():
    with open('/proc/cpuinfo', encoding='ascii') as file:
        model = next((line.split(':', 1)[1].strip() for line in file if line.startswith('model name')), 'unknown')
    return f'{model}, {os.cpu_count()} processors'


def as_json(text):
    return json.loads(text)
