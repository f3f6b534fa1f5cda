"""What the measurements of this folder share: guests, timed runs, and a median with its interval."""
import dataclasses
import json
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time

CHECKOUT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def cache():
    """A folder for what is built, kept out of the checkout's files."""
    folder = f'{CHECKOUT}/.cache'
    os.makedirs(folder, exist_ok=True)
    return folder


def fetch(version):
    """Fetches a kernel and busybox; returns their paths."""
    fetched = subprocess.run([f'{CHECKOUT}/samples/guest/fetch.sh', version], check=True, stdout=subprocess.PIPE, text=True).stdout
    return dict(line.split('=', 1) for line in fetched.split())


def initramfs(busybox, script, output, *files):
    """Builds an initramfs that runs a script; files are SOURCE:/PATH."""
    extras = [argument for file in files for argument in ('--file', file)]
    subprocess.run([f'{CHECKOUT}/samples/guest/initramfs.sh', '--busybox', busybox, '--script', script, *extras, '-o', output],
                   check=True, stdout=subprocess.DEVNULL)


def guest(version, script=None):
    """Fetches the kernel and builds the initramfs of the demonstration; returns both paths."""
    paths = fetch(version)
    output = f'{cache()}/bench-initramfs.cpio.gz'
    initramfs(paths['busybox'], script or f'{CHECKOUT}/samples/guest/demo-session.sh', output)
    return paths['vmlinuz'], output


def replaykit(*arguments):
    """The command line of the built command, without the wrapper's look at the sources."""
    return [f'{CHECKOUT}/src/ReplayKit.Cli/bin/Release/published/replaykit', *arguments]


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


@dataclasses.dataclass
class Watched:
    """How a command ended and which marked lines it printed: (seconds after its start, CPU seconds until then, text after the mark)."""
    status: int
    wall: float
    cpu: float
    marks: list
    text: str
    error: str


def cpu_of(pid):
    """CPU seconds of a process until now, None if it has ended: its own exactly, those of children that have ended in steps of 10 ms."""
    try:
        # The kernel's number for the CPU clock of another process (clock_getcpuclockid).
        own = time.clock_gettime((~pid << 3) | 2)
        with open(f'/proc/{pid}/stat', encoding='ascii') as file:
            fields = file.read().rsplit(')', 1)[1].split()
        return own + (int(fields[13]) + int(fields[14])) / os.sysconf('SC_CLK_TCK')
    except (OSError, IndexError):
        return None


def watched(command, mark, timeout, environment=None):
    """Runs a command to its end and stamps the lines of its standard output that begin with a mark as they come."""
    with tempfile.TemporaryFile() as err:
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=err, env=environment)
        guard = threading.Timer(timeout, process.kill)
        guard.start()
        marks, text = [], []
        for line in process.stdout:
            arrived = time.perf_counter() - begun
            line = line.decode('latin-1')
            text.append(line)
            if (at := line.find(mark)) >= 0:
                marks.append((arrived, cpu_of(process.pid), line[at + len(mark):].strip()))
        process.stdout.close()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        guard.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        err.seek(0)
        return Watched(process.returncode, wall, usage.ru_utime + usage.ru_stime, marks, ''.join(text), err.read().decode('latin-1'))


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


def note(text):
    """Progress: to standard error."""
    print(text, file=sys.stderr, flush=True)


def qemu_version():
    return subprocess.run(['qemu-system-x86_64', '--version'], check=True, stdout=subprocess.PIPE, text=True).stdout.split('\n', 1)[0]


def commit():
    found = subprocess.run(['git', '-C', CHECKOUT, 'describe', '--always', '--dirty'], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return found.stdout.strip() or 'unknown'


def host():
    with open('/proc/cpuinfo', encoding='ascii') as file:
        model = next((line.split(':', 1)[1].strip() for line in file if line.startswith('model name')), 'unknown')
    return f'{model}, {os.cpu_count()} processors'


def as_json(text):
    return json.loads(text)
