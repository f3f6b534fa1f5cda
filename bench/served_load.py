#!/usr/bin/env python3
"""A Debian guest that serves nginx, redis and PostgreSQL through a forwarded port, under load from this machine.

    bench/served_load.py check   [--work nginx,redis,postgresql] [--seconds 60]   record, verify, compare the captures of recording and replay
    bench/served_load.py cost    [--work nginx,redis] [--pairs 15] [--seconds 5]  requests a second recorded over not recorded, within one running machine
    bench/served_load.py kill    [--times 50] [--work nginx]                      SIGKILL at random moments; with --durable, what clients saw is in the recording
    bench/served_load.py live    [--work nginx,redis] [--seconds 60]              go live from the middle of the recording, ask again, verify the child
    bench/served_load.py checkpoint [--work nginx] [--seconds 20]                 a running guest is recorded on request under load: its first checkpoint, and what the next ones add
    bench/served_load.py soak    [--seconds 3600] [--keep 200MB]                  mixed load; memory, handles and the recording's size stay in bounds, what is left verifies

Everything is made in --folder (default: a new temporary one) and left there. Options behind -- go to `replaykit record`.
"""
import argparse
import json
import os
import random
import re
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time

from measure import median_with_interval

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
COMMAND = os.path.join(ROOT, 'replaykit')
PUBLISHED = os.path.join(ROOT, 'src/ReplayKit.Cli/bin/Release/published/replaykit')
GUEST_PORTS = {'nginx': 80, 'redis': 6379, 'postgresql': 5432}


def script(name, *arguments):
    """What a script of samples/guest prints."""
    return subprocess.run([os.path.join(ROOT, 'samples/guest', name), *arguments], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class Guest:
    """A running machine: `verb` is run or record."""

    def __init__(self, setup, verb, name, *options, environment=None):
        self.ports = {work: free_port() for work in GUEST_PORTS}
        forwards = ''.join(f',forward={port}:{GUEST_PORTS[work]}' for work, port in self.ports.items())
        self.recording = os.path.join(setup.folder, name + '.rk')
        self.pcap = os.path.join(setup.folder, name + '.pcap')
        arguments = [PUBLISHED, verb, '--kernel', setup.vmlinuz, '--initrd', setup.initramfs, '--append', 'console=ttyS0 quiet', '--memory', '512M', '--entropy',
                     '--disk', setup.disk + ',format=raw', '--net', 'user' + forwards, *options, *setup.more]
        if verb == 'record':
            arguments += ['-o', self.recording]
        self.begun = time.time()
        self.process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})})
        self.console = []
        self.ready = threading.Event()
        threading.Thread(target=self.read, daemon=True).start()
        self.errors = []
        threading.Thread(target=lambda: self.errors.extend(self.process.stderr), daemon=True).start()
        if not self.ready.wait(240):
            raise SystemExit('the guest is not ready: ' + ''.join(self.console[-20:]) + ''.join(self.errors))
        self.boot_seconds = time.time() - self.begun

    def read(self):
        for line in self.process.stdout:
            self.console.append(line)
            if 'the guest is ready' in line:
                self.ready.set()
        self.ready.set()

    def end(self):
        if self.process.poll() is None:
            self.process.stdin.write('\n')
            self.process.stdin.flush()
        code = self.process.wait(120)
        if code != 0:
            raise SystemExit(f'the guest ended with {code}: ' + ''.join(self.errors))

    def pin(self):
        """The vCPU's thread to processor 0; the recorder's other threads, the network's process and the clients to processor 1, so that the scheduler's placing is the same in each window."""
        for process in [self.process.pid, *children(self.process.pid)]:
            for thread in os.listdir(f'/proc/{process}/task'):
                os.sched_setaffinity(int(thread), {0} if int(thread) == self.process.pid else {1})
        os.sched_setaffinity(0, {1})


class Setup:
    def __init__(self, arguments):
        self.folder = arguments.folder or tempfile.mkdtemp(prefix='served-')
        os.makedirs(self.folder, exist_ok=True)
        self.more = arguments.more
        subprocess.run([COMMAND, '--version'], check=True, stdout=subprocess.DEVNULL)
        kind = ['--init', arguments.init] + (['--postgresql'] if 'postgresql' in arguments.work else [])
        image = os.path.join(self.folder, '-'.join(['image', arguments.init] + (['postgresql'] if 'postgresql' in arguments.work else [])))
        if not os.path.exists(os.path.join(image, 'made')):
            made = script('debian-disk.sh', *kind, arguments.kernel, image)
            open(os.path.join(image, 'made'), 'w').write(made)
        for line in open(os.path.join(image, 'made')):
            name, value = line.strip().split('=', 1)
            setattr(self, name, value)
        packages = ['apache2-utils', 'redis-tools'] + (['postgresql-15'] if 'postgresql' in arguments.work else [])
        self.tools = script('tools.sh', os.path.join(self.folder, 'tools'), *packages).strip().split('\n')[-1]

    def load(self, work, port, seconds, page='numbers'):
        """Runs the load generator; requests a second. The page numbers has 109 kB, index.html 20 bytes."""
        if work == 'nginx':
            text = self.tool('ab', '-q', '-k', '-c', '8', '-t', str(seconds), '-n', '100000000', f'http://127.0.0.1:{port}/{page}')
            return float(re.search(r'Requests per second:\s+([0-9.]+)', text).group(1))
        if work == 'redis':
            return self.redis(port, seconds)
        self.tool('pgbench', '-h', '127.0.0.1', '-p', str(port), '-U', 'postgres', '-i', '-q', 'postgres')
        text = self.tool('pgbench', '-h', '127.0.0.1', '-p', str(port), '-U', 'postgres', '-c', '4', '-T', str(seconds), 'postgres')
        return float(re.search(r'tps = ([0-9.]+)', text).group(1))

    # redis-benchmark knows only numbers of requests: rounds of them until the time is over.
    def redis(self, port, seconds):
        begun, requests = time.time(), 0
        while time.time() - begun < seconds:
            self.tool('redis-benchmark', '-p', str(port), '-c', '8', '-n', '4000', '-d', '100', '-t', 'set,get', '-q')
            requests += 8000
        return requests / (time.time() - begun)

    def tool(self, *command):
        done = subprocess.run([self.tools, *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise SystemExit(f'{command[0]} ended with {done.returncode}: {done.stdout[-2000:]}')
        return done.stdout


def replaykit(*arguments):
    done = subprocess.run([PUBLISHED, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise SystemExit(f'replaykit {arguments[0]} ended with {done.returncode}: {done.stderr}')
    return done.stdout


def frames(path):
    """The frames of a capture: (source MAC, bytes), and whether the last one is whole."""
    data = open(path, 'rb').read()
    at, found = 24, []
    while at + 16 <= len(data):
        length = struct.unpack_from('<I', data, at + 8)[0]
        if at + 16 + length > len(data):
            break
        frame = data[at + 16:at + 16 + length]
        found.append((frame[6:12], frame))
        at += 16 + length
    return found


GUEST_MAC = bytes.fromhex('525400123456')


def received_bytes(path):
    """Bytes of frames that the guest received, headers included, and of the TCP payload in them."""
    whole = payload = 0
    for source, frame in frames(path):
        if source == GUEST_MAC:
            continue
        whole += len(frame)
        if len(frame) > 34 and frame[12:14] == b'\x08\x00' and frame[23] == 6:
            header = (frame[14] & 15) * 4
            total = struct.unpack_from('>H', frame, 16)[0]
            payload += max(0, total - header - (frame[14 + header + 12] >> 4) * 4)
    return whole, payload


def log_bytes(recording):
    folder = os.path.join(recording, 'log')
    return sum(os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder))


def verified(recording):
    begun = time.time()
    replaykit('verify', recording)
    return time.time() - begun


def check(setup, arguments):
    for work in arguments.work:
        guest = Guest(setup, 'record', work, '--capture', os.path.join(setup.folder, work + '.pcap'))
        rate = setup.load(work, guest.ports[work], arguments.seconds)
        guest.end()
        info = json.loads(replaykit('info', guest.recording, '--json'))
        took = verified(guest.recording)
        again = os.path.join(setup.folder, work + '-replayed.pcap')
        replaykit('replay', guest.recording, '--capture', again)
        same = open(guest.pcap, 'rb').read() == open(again, 'rb').read()
        whole, payload = received_bytes(guest.pcap)
        print(f'{work}: ready after {guest.boot_seconds:.1f} s, {rate:.0f} requests/s for {arguments.seconds} s, {info["instructions"]} instructions, ended {info["ended"]}; '
              f'log {info["log_bytes"]} bytes = {1000 * info["log_bytes"] / info["instructions"]:.3f} per 1000 instructions, {info["log_bytes"] / max(1, whole):.3f} of {whole} bytes of frames received '
              f'(TCP payload {payload}); verified in {took:.1f} s; captures of {os.path.getsize(guest.pcap)} bytes are {"equal" if same else "DIFFERENT"}', flush=True)
        os.remove(again)
        if not same:
            raise SystemExit(3)


def live(setup, arguments):
    work = arguments.work[0]
    guest = Guest(setup, 'record', 'parent')
    setup.load(work, guest.ports[work], arguments.seconds)
    guest.end()
    replaykit('checkpoint', guest.recording)
    child, port = os.path.join(setup.folder, 'child.rk'), free_port()
    process = subprocess.Popen([PUBLISHED, 'replay', guest.recording, '--live-from', '50%', '--net', f'user,forward={port}:{GUEST_PORTS[work]}', '--seconds', str(arguments.seconds + 60), '-o', child],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    begun, answers = time.time(), 0
    while not answers and time.time() - begun < 60:
        try:
            with socket.create_connection(('127.0.0.1', port), timeout=5) as connection:
                connection.sendall(b'PING\r\n' if work == 'redis' else b'GET /index.html HTTP/1.0\r\n\r\n')
                answers += len(connection.recv(4096)) > 0
        except OSError:
            time.sleep(0.2)
    first = time.time() - begun
    rate = setup.load(work, port, min(10, arguments.seconds))
    process.stdin.write('\n')
    process.stdin.flush()
    _, error = process.communicate(timeout=arguments.seconds + 90)
    took = verified(child)
    info = json.loads(replaykit('info', child, '--json'))
    print(f'{work}: live from the middle of {arguments.seconds} s: first answer after {first:.1f} s, {rate:.0f} requests/s; child begins at {info["start"]}, {info["instructions"]} instructions, ended {info["ended"]}, '
          f'verified from its beginning in {took:.1f} s')


def cost(setup, arguments):
    """Within one running machine, so that both see the same boot: it is recorded on request in one of each two windows of load, the order alternating."""
    for work in arguments.work:
        ratios, logs = [], []
        path = os.path.join(setup.folder, f'cost-{work}.control')
        pcap = os.path.join(setup.folder, f'cost-{work}.pcap')
        guest = Guest(setup, 'run', f'cost-{work}', '--control', path, *(['--capture', pcap] if arguments.capture else []), environment={'REPLAYKIT_HOME': setup.folder})
        control = Control(path)
        for _ in range(3):
            setup.load(work, guest.ports[work], 3, arguments.page)
        for pair in range(arguments.pairs):
            rates = {verb: window(setup, arguments, work, guest, control, verb, logs) for verb in (['run', 'record'] if pair % 2 == 0 else ['record', 'run'])}
            ratios.append(rates['record'] / rates['run'])
            print(f'{work} pair {pair + 1}: not recorded {rates["run"]:.0f}/s, recorded {rates["record"]:.0f}/s, ratio {ratios[-1]:.3f}'
                  + (f'; log over frames received {logs[-1][0] / logs[-1][1]:.4f} ({logs[-1][0]} of {logs[-1][1]}, TCP payload {logs[-1][2]})' if logs else ''), flush=True)
        guest.end()
        median, low, high = median_with_interval(ratios)
        print(f'{work}: median ratio {median:.3f}, 95 % interval {low:.3f} to {high:.3f} (from {min(ratios):.3f} to {max(ratios):.3f}, {len(ratios)} pairs)', flush=True)


def window(setup, arguments, work, guest, control, verb, logs):
    """Requests a second in one window, recorded or not, after two seconds of the same load."""
    recording = os.path.join(setup.folder, f'cost-{work}.rk')
    before = received_bytes(guest.pcap) if arguments.capture else (0, 0)
    if verb == 'record':
        control.ask('record-start', output=recording)
    if arguments.pin:
        guest.pin()
    setup.load(work, guest.ports[work], 2, arguments.page)
    rate = setup.load(work, guest.ports[work], arguments.seconds, arguments.page)
    if verb == 'record':
        control.ask('record-stop')
        if arguments.capture:
            whole, payload = received_bytes(guest.pcap)
            logs.append((log_bytes(recording), whole - before[0], payload - before[1]))
        shutil.rmtree(recording)
    return rate


class Clients:
    """Connections that note each answer they have seen: "PING number" to redis, one after the other."""

    def __init__(self, port, count):
        self.seen = [[] for _ in range(count)]
        self.ended = False
        self.threads = [threading.Thread(target=self.ask, args=(port, number), daemon=True) for number in range(count)]
        for thread in self.threads:
            thread.start()

    def ask(self, port, client):
        try:
            with socket.create_connection(('127.0.0.1', port), timeout=20) as connection:
                number = 0
                while not self.ended:
                    word = f'c{client}n{number}e'.encode()
                    connection.sendall(b'PING ' + word + b'\r\n')
                    answer = b''
                    while not answer.endswith(word + b'\r\n'):
                        part = connection.recv(4096)
                        if not part:
                            return
                        answer += part
                    self.seen[client].append(word)
                    number += 1
        except OSError:
            return

    def end(self):
        self.ended = True
        for thread in self.threads:
            thread.join()


def kill(setup, arguments):
    seed = arguments.seed or int(time.time())
    print(f'seed {seed}')
    dice = random.Random(seed)
    for number in range(arguments.times):
        durable = number % 2 == 1
        guest = Guest(setup, 'record', f'kill-{number}', *(['--durable'] if durable else []))
        clients = Clients(guest.ports['redis'], 4)
        load = subprocess.Popen([setup.tools, 'ab', '-q', '-k', '-c', '4', '-t', '60', '-n', '100000000', f'http://127.0.0.1:{guest.ports["nginx"]}/numbers'],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not any(clients.seen):
            time.sleep(0.01)
        wait = dice.uniform(0, 3)
        time.sleep(wait)
        os.kill(guest.process.pid, signal.SIGKILL)
        guest.process.wait()
        clients.end()
        load.kill()
        load.wait()
        info = json.loads(replaykit('info', guest.recording, '--json'))
        if info['ended'] != 'cut':
            raise SystemExit(f'kill {number}: ended {info["ended"]}')
        replaykit('verify', guest.recording)
        pcap = os.path.join(setup.folder, 'kill.pcap')
        replaykit('replay', guest.recording, '--capture', pcap)
        sent = {word for source, frame in frames(pcap) if source == GUEST_MAC and len(frame) < 2000 for word in re.findall(rb'c[0-9]+n[0-9]+e', frame)}
        os.remove(pcap)
        seen = [word for client in clients.seen for word in client]
        missing = [word for word in seen if word not in sent]
        if durable and missing:
            raise SystemExit(f'kill {number}: of {len(seen)} answers that clients saw {len(missing)} are not in the recording: {missing[:5]}')
        print(f'kill {number + 1} after {wait:.2f} s of load{", durable" if durable else ""}: replays to {info["end"]} ({info["instructions"]} instructions, {info["log_bytes"]} bytes of log); '
              f'{len(seen)} answers seen, {len(missing)} not in the recording', flush=True)
        shutil.rmtree(guest.recording)


def size_of(folder):
    total = 0
    for at, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.stat(os.path.join(at, name)).st_blocks * 512
            except FileNotFoundError:
                pass
    return total


def status(pid):
    """Of a process: its own memory and what it maps of files without a name (the guest's memory, emitted code) in MiB, handles, threads."""
    text = open(f'/proc/{pid}/status').read()
    own, shared = (int(re.search(name + r':\s+(\d+)', text).group(1)) / 1024 for name in ('RssAnon', 'RssShmem'))
    return own, shared, len(os.listdir(f'/proc/{pid}/fd')), len(os.listdir(f'/proc/{pid}/task'))


def children(pid):
    return [int(child) for task in os.listdir(f'/proc/{pid}/task') for child in open(f'/proc/{pid}/task/{task}/children').read().split()]


class Sample:
    """What a recorder has at one moment; `sizes` is the most that its recording had since the sample before, in bytes by part."""

    def __init__(self, begun, pid, passt, sizes):
        self.seconds = time.time() - begun
        self.own, self.shared, self.handles, self.threads = status(pid)
        self.passt, _, self.passt_handles, _ = status(passt)
        self.sizes = sizes

    def __str__(self):
        sizes = ', '.join(f'{part} {size / 1e6:.1f}' for part, size in self.sizes.items())
        return (f'{self.seconds:.0f} s: own memory {self.own:.0f} MiB, guest and code {self.shared:.0f} MiB, {self.handles} handles, {self.threads} threads; '
                f'passt {self.passt:.1f} MiB, {self.passt_handles} handles; at most in MB: {sizes}')


class Mixture:
    """All kinds of load at once until it is ended: both servers are asked, in turns of five seconds with a second's rest, and redis writes its data to the disk."""

    KEYS, BYTES = 4000, 1000

    def __init__(self, setup, guest):
        self.setup, self.guest = setup, guest
        self.ended, self.failures, self.counts = threading.Event(), [], {}
        setup.tool('redis-benchmark', '-p', str(guest.ports['redis']), '-c', '1', '-n', str(2 * self.KEYS), '-r', str(self.KEYS), '-d', str(self.BYTES), '-t', 'set', '-q')
        self.threads = [threading.Thread(target=self.repeat, args=(name, step)) for name, step in
                        [('nginx', self.ask_nginx), ('redis', self.ask_redis), ('saves', self.save)]]
        for thread in self.threads:
            thread.start()

    def repeat(self, name, step):
        number = 0
        try:
            while not self.ended.is_set():
                self.counts[name] = self.counts.get(name, 0) + step(number)
                number += 1
                self.ended.wait(1)
        except SystemExit as failure:
            self.failures.append(f'{name}: {failure}')

    def ask_nginx(self, number):
        return 5 * self.setup.load('nginx', self.guest.ports['nginx'], 5, ['numbers', 'index.html'][number % 2])

    def ask_redis(self, number):
        return 5 * self.setup.load('redis', self.guest.ports['redis'], 5)

    def save(self, number):
        if 'OK' not in self.setup.tool('redis-cli', '-p', str(self.guest.ports['redis']), 'save'):
            raise SystemExit('redis did not save')
        self.ended.wait(8)
        return 1

    def end(self):
        self.ended.set()
        for thread in self.threads:
            thread.join()


class Control:
    """The control socket of a running machine (docs/control.md)."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.lines = self.socket.makefile('rw')

    def ask(self, command, **more):
        self.lines.write(json.dumps({'command': command, **more}) + '\n')
        self.lines.flush()
        answer = json.loads(self.lines.readline())
        if not answer['ok']:
            raise SystemExit(f'{command}: {answer["error"]}')
        return answer


# Of the guest's memory, for the first checkpoint of a guest that has booted.
LARGEST_FIRST = 0.30


def checkpoint(setup, arguments):
    work = arguments.work[0]
    path = os.path.join(setup.folder, 'control')
    recording = os.path.join(setup.folder, 'checkpointed.rk')
    guest = Guest(setup, 'run', 'checkpointed', '--control', path, environment={'REPLAYKIT_HOME': setup.folder})
    control = Control(path)
    begun = time.time()
    control.ask('record-start', output=recording)
    started = time.time() - begun
    rate = setup.load(work, guest.ports[work], arguments.seconds)
    control.ask('record-stop')
    guest.end()
    first = size_of(os.path.join(recording, 'checkpoints'))
    made = json.loads(replaykit('checkpoint', recording, '--json'))
    others = made['checkpoints'] - 1
    print(f'{work}: a guest of 512 MiB, ready after {guest.boot_seconds:.1f} s, is recorded on request (answer after {started:.2f} s): first checkpoint {first / 1e6:.1f} MB, '
          f'{made["first_share"]:.1%} of its memory (bar {LARGEST_FIRST:.0%}); {rate:.0f} requests/s for {arguments.seconds} s; {others} more checkpoints, {made["other_share"]:.2%} each')
    if made['first_share'] > LARGEST_FIRST:
        raise SystemExit('the first checkpoint is too large')


# The bound of a soak: what the last third may have more than the middle one, at their highest.
MORE_MEMORY, MORE_HANDLES, MORE_THREADS = 16, 2, 2


def soak(setup, arguments):
    limit = int(arguments.keep.removesuffix('MB')) * 1_000_000
    guest = Guest(setup, 'record', 'soak', '--keep', arguments.keep)
    pid, (passt,) = guest.process.pid, children(guest.process.pid)
    mixture = Mixture(setup, guest)
    begun, samples = time.time(), []
    while time.time() - begun < arguments.seconds and guest.process.poll() is None and not mixture.failures:
        sizes, until = {}, time.time() + min(20, arguments.seconds / 20)
        while time.time() < until:
            for part in ('log', 'checkpoints', 'overlay', ''):
                sizes[part or 'all'] = max(sizes.get(part or 'all', 0), size_of(os.path.join(guest.recording, part)))
            time.sleep(0.5)
        samples.append(Sample(begun, pid, passt, sizes))
        print(samples[-1], flush=True)
    mixture.end()
    if mixture.failures:
        raise SystemExit(mixture.failures[0])
    guest.end()
    took = verified(guest.recording)
    info = json.loads(replaykit('info', guest.recording, '--json'))
    third = len(samples) // 3
    middle, last = samples[third:2 * third], samples[2 * third:]
    broken = []
    for name, more in [('own', MORE_MEMORY), ('passt', MORE_MEMORY), ('handles', MORE_HANDLES), ('passt_handles', MORE_HANDLES), ('threads', MORE_THREADS)]:
        values = [max(getattr(sample, name) for sample in part) for part in (middle, last)]
        print(f'{name}: at most {values[0]:.0f} in the middle third and {values[1]:.0f} in the last; bound {values[0] + more:.0f}')
        if values[1] > values[0] + more:
            broken.append(name)
    most = max(sample.sizes['all'] for sample in samples)
    if most > limit:
        broken.append('--keep')
    if info['ended'] != 'power-off':
        broken.append(info['ended'])
    print(f'soak of {samples[-1].seconds:.0f} s ({", ".join(f"{count:.0f} {name}" for name, count in mixture.counts.items())}): guest and code {max(sample.shared for sample in samples):.0f} MiB; '
          f'recording at most {most / 1e6:.1f} MB of {arguments.keep}; it begins at {info["start"]}, ends at {info["end"]} ({info["ended"]}) and verifies in {took:.1f} s')
    if broken:
        raise SystemExit('beyond the bound: ' + ', '.join(broken))


def main():
    own, more = sys.argv[1:], []
    if '--' in own:
        own, more = own[:own.index('--')], own[own.index('--') + 1:]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('what', choices=['check', 'cost', 'kill', 'live', 'checkpoint', 'soak'])
    parser.add_argument('--work', default='nginx,redis', type=lambda text: text.split(','))
    parser.add_argument('--init', default='systemd', choices=['busybox', 'systemd'])
    parser.add_argument('--kernel', default='6.1')
    parser.add_argument('--seconds', type=int, default=60)
    parser.add_argument('--pairs', type=int, default=15)
    parser.add_argument('--pin', action='store_true', help='cost: the vCPU on processor 0, everything else on processor 1')
    parser.add_argument('--capture', action='store_true', help='cost: capture frames, to compare the log with what was received')
    parser.add_argument('--page', default='index.html', choices=['index.html', 'numbers'], help='cost: what nginx is asked for')
    parser.add_argument('--times', type=int, default=50)
    parser.add_argument('--seed', type=int)
    parser.add_argument('--keep', default='200MB', help='soak: a number of MB')
    parser.add_argument('--folder')
    arguments = parser.parse_args(own)
    arguments.more = more
    setup = Setup(arguments)
    print(f'in {setup.folder}', flush=True)
    {'check': check, 'cost': cost, 'kill': kill, 'live': live, 'checkpoint': checkpoint, 'soak': soak}[arguments.what](setup, arguments)


main()
