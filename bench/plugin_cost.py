#!/usr/bin/env python3
"""What plugins cost: the CPU time of 'analyze' on a named window as a ratio to that of a plain replay of the same window, paired; and the same with a TCG plugin of QEMU's.

    bench/plugin_cost.py                      all plugins, both windows, 5 rounds
    bench/plugin_cost.py --rounds 3 --only coverage,profile --windows gzip
    bench/plugin_cost.py --no-qemu

Windows: 'boot' is a boot of Debian's kernel 6.1 to its power-off; 'gzip' is what a second recording has more than a boot: busybox's gzip over 16 MB of text that it makes
itself. A recording is replayed whole, by 'replay' and by 'analyze' in turn; of 'gzip' the cost of its boot, up to the first line that its script prints, is taken
away from both. 'access-words' takes all data accesses as emitted code writes them, 'access-totals' as records; what they cost is what a memory trace costs before anything is made of it. A plugin of QEMU's does the same on the same guest, where its interface has what is needed: blocks by an
inline addition, edges and accesses by a call each. Debian's package has no header for plugins; bench/plugin_cost/tcg.c declares what it uses.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

import measure

BARS = {'block-count': 1.15, 'instruction-mix': None, 'coverage': 1.3, 'access-words': 2.0, 'access-totals': None, 'profile': 3.0, 'caches': 6.0, 'basic-block-vectors': None}
TCG = {'block-count': 'blocks', 'coverage': 'edges', 'access-words': 'memory'}
DONE = 'the guest is done'
GZIP = """echo ready
i=0; while [ $i -lt 160 ]; do cat /etc/init-session /proc/kallsyms 2>/dev/null | head -c 100000; i=$((i+1)); done | gzip -c | wc -c
echo the guest is done
"""
COMMAND_LINE = 'console=ttyS0 quiet panic=-1'


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--rounds', type=int, default=5, metavar='N', help='default: %(default)s')
    parser.add_argument('--only', default=','.join(BARS), metavar='NAME,…', help='default: %(default)s')
    parser.add_argument('--windows', default='boot,gzip', metavar='NAME,…', help='default: %(default)s')
    parser.add_argument('--no-qemu', action='store_true', help='leave QEMU out')
    parser.add_argument('--json', action='store_true', help='print everything that was measured as JSON')
    return parser.parse_args()


class Bench:
    def __init__(self, folder, windows, qemu):
        measure.build()
        self.folder = folder
        self.assembly = f'{folder}/plugin/plugin-cost.dll'
        subprocess.run(['dotnet', 'build', f'{measure.CHECKOUT}/bench/plugin_cost', '-c', 'Release', '-v', 'quiet', '--nologo', '-o', f'{folder}/plugin'], check=True)
        self.tcg = f'{folder}/tcg.so'
        if qemu:
            subprocess.run(['gcc', '-O2', '-fPIC', '-shared', '-fvisibility=hidden', '-o', self.tcg, f'{measure.CHECKOUT}/bench/plugin_cost/tcg.c'], check=True)
        self.guests, self.ready, self.instructions = {}, {}, {}
        for window in windows:
            self._record(window)

    def _record(self, window):
        fetched = measure.fetch('6.1')
        script = f'{self.folder}/{window}.sh'
        with open(script, 'w', encoding='utf-8') as file:
            file.write(GZIP if window == 'gzip' else open(f'{measure.CHECKOUT}/samples/guest/demo-session.sh', encoding='utf-8').read())
        initrd = f'{self.folder}/{window}.cpio.gz'
        measure.initramfs(fetched['busybox'], script, initrd)
        self.guests[window] = (fetched['vmlinuz'], initrd)
        recorded = measure.timed(measure.replaykit('record', '--kernel', fetched['vmlinuz'], '--initrd', initrd, '--append', COMMAND_LINE, '--memory', '512M',
                                                   '--clock', 'virtual', '-o', f'{self.folder}/{window}.rk'))
        self.instructions[window] = measure.instructions_of(recorded[3])

    def plain(self, window, to='end'):
        return measure.timed(measure.replaykit('replay', f'{self.folder}/{window}.rk', '--to', to))[1]

    def observed(self, window, plugin, to='end'):
        with tempfile.TemporaryDirectory(dir=self.folder) as out:
            return measure.timed(measure.replaykit('analyze', f'{self.folder}/{window}.rk', plugin, '--to', to, '--plugin', self.assembly, '--out', f'{out}/o'))[1]

    def qemu(self, window, plugin=None):
        kernel, initrd = self.guests[window]
        more = ['-plugin', f'{self.tcg},what={TCG[plugin]}'] if plugin else []
        # Some of its boots end in a panic; those say nothing of the plugin.
        for _ in range(4):
            _, seconds, text, error = measure.timed(['qemu-system-x86_64', '-accel', 'tcg', '-cpu', 'Nehalem,-cx16', '-smp', '1', '-m', '512M', '-nographic', '-no-reboot', *more,
                                                     '-kernel', kernel, '-initrd', initrd, '-append', COMMAND_LINE])
            if DONE in text:
                counted = [line for line in error.splitlines() if line.startswith('tcg: ')]
                measure.note(f'QEMU: {counted[0] if counted else "no plugin"}')
                return seconds
        sys.exit(f'no boot of QEMU came to its end:\n{text[-2000:]}')


def cost(run, window, half):
    """CPU seconds of a window: of 'gzip' without those of the boot, which is the first half of its instructions or more."""
    return run('end') - (run(half) if window == 'gzip' else 0)


def main():
    chosen = parse()
    plugins, windows = chosen.only.split(','), chosen.windows.split(',')
    unknown = [name for name in plugins if name not in BARS] + [name for name in windows if name not in ('boot', 'gzip')]
    if unknown:
        sys.exit(f'unknown: {", ".join(unknown)}')
    result = {'host': measure.host(), 'commit': measure.commit(), 'rows': []}
    with tempfile.TemporaryDirectory(prefix='plugin-cost-', dir=measure.cache()) as folder:
        bench = Bench(folder, windows, not chosen.no_qemu)
        for window in windows:
            # The boot of 'gzip' is as long as that of 'boot' up to its script, which is about four fifths of it.
            half = '1300000000'
            for plugin in plugins:
                ratios, seconds = [], []
                for turn in range(chosen.rounds):
                    measure.note(f'{window}, {plugin}, round {turn + 1} of {chosen.rounds}')
                    plain = cost(lambda to: bench.plain(window, to), window, half)
                    observed = cost(lambda to: bench.observed(window, plugin, to), window, half)
                    ratios.append(observed / plain)
                    seconds.append((plain, observed))
                row = {'window': window, 'plugin': plugin, 'bar': BARS[plugin], 'ratio': statistics.median(ratios), 'ratios': ratios, 'seconds': seconds}
                if not chosen.no_qemu and plugin in TCG and window == 'boot':
                    row['qemu'] = bench.qemu(window, plugin)
                    row['qemu_plain'] = bench.qemu(window)
                result['rows'].append(row)
        result['instructions'] = bench.instructions
    if chosen.json:
        print(json.dumps(result, indent=1))
        return
    measure.say(f'host: {result["host"]}, commit {result["commit"]}; CPU seconds, medians of {chosen.rounds} rounds; ' + ', '.join(f'{name}: {count / 1e6:.0f} million instructions' for name, count in result['instructions'].items()))
    form = '{:8} {:20} {:>8} {:>9} {:>7} {:>6}  {}'
    measure.say(form.format('window', 'plugin', 'plain', 'observed', 'ratio', 'bar', 'QEMU, without and with its plugin'))
    for row in result['rows']:
        plain, observed = (statistics.median(pair[i] for pair in row['seconds']) for i in (0, 1))
        qemu = f'{row["qemu_plain"]:.2f} {row["qemu"]:.2f}, {row["qemu"] / observed:.1f} times ours' if 'qemu' in row else ''
        measure.say(form.format(row['window'], row['plugin'], f'{plain:.2f}', f'{observed:.2f}', f'{row["ratio"]:.2f}', row['bar'] or '-', qemu))


if __name__ == '__main__':
    main()
