"""Medians, ratios and means of what bench/workloads.py measured."""
import math
import statistics

EIGHT = ('sha256sum', 'gzip', 'sort', 'awk', 'starts', 'files', 'walk', 'matrix')
# What a recording is meant to reach: how much faster than QEMU without recording, how many times the native time at most.
FASTER_THAN_QEMU = {'boot': 1, 'compute': 1, 'kernel': 1, 'float': 8, 'simd': 8, 'threads': 1}
TIMES_NATIVE = {'compute': 2.5, 'float': 2.5, 'simd': 2.5, 'kernel': 6}
RATIOS = {'qemu_over_record': ('qemu', 'record'), 'record_over_native': ('record', 'native'),
          'record_over_run': ('record', 'run'), 'replay_over_record': ('replay', 'record')}


def wall(sample, name):
    """The wall time of a workload, or of the boot, in one run."""
    item = item_of(sample, name)
    return item and item['outside' if sample['mode'] == 'replay' or name == 'boot' else 'inside']


def cpu(sample, name):
    """The CPU time of the process that ran it."""
    item = item_of(sample, name)
    return item and item['cpu']


def item_of(sample, name):
    return sample['work'].get(name) if name != 'boot' else sample['boot'] if sample['mode'] != 'native' else None


def median(values):
    values = [value for value in values if value is not None]
    return statistics.median(values) if values else None


def report(samples, kinds):
    """Rows by workload, geometric means, whole runs and their ratios."""
    rows = {name: row_of(samples, name, kind) for name, kind in {'boot': 'boot', **kinds}.items()}
    groups = {'the eight of the earlier measurements of QEMU': [name for name in EIGHT if name in rows]}
    for label, chosen in (('compute', ('compute',)), ('kernel', ('kernel',)), ('float and SIMD', ('float', 'simd')),
                          ('all but threads', ('compute', 'kernel', 'float', 'simd'))):
        groups[label] = [name for name, row in rows.items() if row['kind'] in chosen]
    means = {label: {kind: {ratio: geometric_mean(rows[name][kind][ratio] for name in names) for ratio in RATIOS} for kind in ('ratios', 'cpu_ratios')}
             for label, names in groups.items() if names}
    return {'rows': rows, 'means': means, 'totals': totals(samples), 'ratios': whole_ratios(samples)}


def row_of(samples, name, kind):
    times, cpu_times = by_round(samples, name, wall), by_round(samples, name, cpu)
    seconds, cpu_seconds = ({mode: median(values.values()) for mode, values in measured.items()} for measured in (times, cpu_times))
    qemu = min((mode for mode in times if mode.startswith('qemu:')), key=seconds.get, default=None)
    row = {'kind': kind, 'qemu': qemu, 'seconds': seconds, 'cpu_seconds': cpu_seconds,
           'ratios': ratios(times, qemu), 'cpu_ratios': ratios(cpu_times, qemu)}
    row['bars'] = bars(row)
    return row


def by_round(samples, name, time):
    times = {}
    for sample in samples:
        if (value := time(sample, name)) is not None:
            times.setdefault(sample['mode'], {})[sample['round']] = value
    return times


def ratios(times, qemu):
    return {ratio: paired(times.get(qemu if above == 'qemu' else above, {}), times.get(below, {})) for ratio, (above, below) in RATIOS.items()}


def paired(above, below):
    """The median of the rounds' ratios."""
    return median(above[turn] / below[turn] for turn in above if turn in below and below[turn] > 0)


def bars(row):
    """Which of these bars the row meets and which it misses."""
    texts = []
    faster, times_native = row['ratios']['qemu_over_record'], row['ratios']['record_over_native']
    if faster is not None:
        bar = FASTER_THAN_QEMU[row['kind']]
        texts.append(f'QEMU x{bar} {"met" if faster >= bar else "missed"}')
    if times_native is not None and row['kind'] in TIMES_NATIVE:
        bar = TIMES_NATIVE[row['kind']]
        texts.append(f'native x{bar} {"met" if times_native <= bar else "missed"}')
    return ', '.join(texts)


def geometric_mean(values):
    values = [value for value in values if value]
    return math.exp(statistics.mean(math.log(value) for value in values)) if values else None


def by_mode(samples):
    # A round has several runs of a mode when every workload boots for itself: their sum.
    sums = {}
    for sample in samples:
        total = sums.setdefault(sample['mode'], {}).setdefault(sample['round'], {'wall': 0, 'cpu': 0, 'instructions': 0})
        for key in total:
            total[key] += sample.get(key, 0)
    return sums


def totals(samples):
    return {mode: {key: median(total[key] for total in rounds.values()) for key in ('wall', 'cpu', 'instructions')}
            for mode, rounds in by_mode(samples).items()}


def whole_ratios(samples):
    sums = by_mode(samples)
    return {f'{above} / {below}': {key: median(sums[above][turn][key] / sums[below][turn][key] for turn in sums[above] if turn in sums[below])
                                   for key in ('wall', 'cpu')}
            for above, below in (('record', 'run'), ('replay', 'record'), ('verify', 'replay')) if above in sums and below in sums}
