#!/usr/bin/env python3
"""compare.py [PAIRS] [ROWS]: rows per second and bytes per row of ReplayKit's Parquet writer and of DuckDB's COPY, the same rows, zstd level 1."""
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
import measure

READERS = f'{HERE}/../../tests/Trace.Export.Tests/readers'


def lines(command):
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def text(values):
    median, low, high = measure.median_with_interval(values)
    return f'{median:.2f} [{low:.2f}, {high:.2f}]'


def main():
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    rows = sys.argv[2] if len(sys.argv) > 2 else '4000000'
    subprocess.run(['dotnet', 'build', '-c', 'Release', '-v', 'q', HERE], check=True, stdout=subprocess.DEVNULL)
    if not os.path.isdir(f'{READERS}/node_modules'):
        subprocess.run(['npm', 'install', '--no-save', '--no-audit', '--no-fund'], check=True, cwd=READERS, stdout=subprocess.DEVNULL)
    print(f'{measure.host()}, {pairs} alternating pairs, median [95 % interval]')
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(pairs):
            # Both write each table once before the measured time: for the compiler here, for the allocator there.
            results += lines(['dotnet', f'{HERE}/bin/Release/net10.0/Parquet.Bench.dll', folder, rows, '6'])[-2:]
            results += [line for table in ('instructions', 'accesses') for line in lines(['node', f'{HERE}/copy.mjs', folder, table])]
    for table in ('instructions', 'accesses'):
        ours, theirs = ([r for r in results if r['table'] == table and r['writer'] == writer] for writer in ('replaykit', 'duckdb'))
        for name, runs in (('replaykit', ours), ('duckdb COPY', theirs)):
            speed = text([r['rows'] / r['cpu'] / 1e6 for r in runs])
            print(f'{table:13} {name:12} {runs[0]["bytes"] / runs[0]["rows"]:6.3f} bytes/row, {speed} million rows per CPU second')
        print(f'{table:13} CPU time of duckdb / replaykit: {text([b["cpu"] / a["cpu"] for a, b in zip(ours, theirs)])}')


main()
