"""What the guest's Python does: each step prints a line that is the same on every processor; known answers are checked."""
import array
import bisect
import collections
import decimal
import fractions
import functools
import hashlib
import heapq
import hmac
import itertools
import json
import math
import pickle
import queue
import random
import re
import sqlite3
import statistics
import struct
import subprocess
import sys
import textwrap
import threading
import unicodedata
import zlib


def digest(value):
    return hashlib.sha256(repr(value).encode()).hexdigest()[:16]


def integers():
    composite = bytearray(200_000)
    primes = []
    for n in range(2, len(composite)):
        if not composite[n]:
            primes.append(n)
            composite[n * n::n] = b'\1' * len(range(n * n, len(composite), n))
    assert len(primes) == 17984
    collatz = max(range(1, 6000), key=lambda n: sum(1 for _ in iter_collatz(n)))
    return len(primes), sum(primes), collatz


def iter_collatz(n):
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        yield n


def big_integers():
    digits = 800
    unit = 10 ** (digits + 10)

    def arctan(x):
        total = term = unit // x
        n, sign = 3, -1
        while term:
            term //= x * x
            total += sign * (term // n)
            n, sign = n + 2, -sign
        return total

    pi = str((4 * (4 * arctan(5) - arctan(239))) // 10 ** 10)
    assert pi.startswith('31415926535897932384626433832795028841971')
    p = 2 ** 521 - 1
    assert pow(3, p - 1, p) == 1
    return digest(pi), digest(math.factorial(700)), pow(7, 10 ** 60 + 7, p) % 10 ** 20, math.isqrt(2 * 10 ** 200) % 10 ** 15


def floats():
    values = [math.sin(i) * math.exp(i / 100) for i in range(3000)]
    values += [math.log(i + 1) ** 1.7 + math.atan2(i, 3) for i in range(1000)]
    values += [math.erf(i / 50) + math.gamma(1 + i / 90) + math.tanh(i / 7) for i in range(500)]
    values += [struct.unpack('<d', struct.pack('<Q', (0x9E3779B97F4A7C15 * i) & 0x7FEFFFFFFFFFFFFF))[0] for i in range(1, 2000)]
    for value in values:
        assert float(repr(value)) == value and float.fromhex(value.hex()) == value
    texts = [f'{value:.17g} {value:.3f} {value:e} {value!r}' for value in values if abs(value) < 1e18]
    assert sum(values[:3000]) != 0 and math.fsum([0.1] * 10) == 1.0
    return digest(values), digest(texts), statistics.fmean(values[:100]), statistics.stdev(values[:100]), abs(complex(3, 4) ** 2.5)


def decimals():
    decimal.getcontext().prec = 60
    root = decimal.Decimal(2).sqrt()
    assert str(root).startswith('1.41421356237309504880168872420969807856967187537694')
    harmonic = sum(fractions.Fraction(1, n) for n in range(1, 200))
    return root, decimal.Decimal(10).ln(), harmonic.numerator % 10 ** 12, harmonic.limit_denominator(1000)


def strings():
    words = [''.join(chr(97 + (i * j * 7 + j) % 26) for j in range(3 + i % 9)) for i in range(3000)]
    text = ' '.join(words)
    counts = collections.Counter(re.findall(r'\b([a-m]+)([n-z]*)\b', text))
    swapped = re.sub(r'(\w)(\w+)', lambda match: match.group(2) + match.group(1).upper(), text)
    unicode_text = ''.join(map(chr, range(0x100, 0x3000, 7)))
    normal = unicodedata.normalize('NFKD', unicode_text)
    return (digest(sorted(counts.items())), digest(swapped), digest(text.translate(str.maketrans('aeiou', '12345'))), digest(normal.encode('utf-8')),
            digest(textwrap.wrap(text[:4000], 60)), digest(text.split('a')), text.upper().find('ZZ'))


def hashes():
    data = bytes(random.Random(1).randbytes(300_000))
    names = ('md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'sha3_256', 'sha3_512', 'blake2b', 'blake2s')
    assert hashlib.sha256(b'abc').hexdigest() == 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    packed = zlib.compress(data[:1000] * 200, 9)
    assert zlib.decompress(packed) == data[:1000] * 200
    return ([hashlib.new(name, data).hexdigest()[:8] for name in names], hmac.new(b'key', data, 'sha256').hexdigest()[:16],
            hashlib.pbkdf2_hmac('sha256', b'word', b'salt', 500).hex()[:16], zlib.crc32(data), zlib.adler32(data), len(packed))


def structures():
    generator = random.Random(2024)
    numbers = [generator.gauss(0, 1) for _ in range(20_000)]
    ordered = sorted(numbers, key=lambda value: (round(value, 1), -value))
    heap = numbers[:2000]
    heapq.heapify(heap)
    smallest = [heapq.heappop(heap) for _ in range(500)]
    table = {f'key {i}': {'square': i * i, 'list': list(range(i % 7)), 'half': i / 2, 'none': None, 'text': 'ä"\\\n'} for i in range(2000)}
    text = json.dumps(table, sort_keys=True, indent=1)
    assert json.loads(text) == table and pickle.loads(pickle.dumps(table)) == table
    packed = array.array('d', numbers).tobytes()
    return (digest(ordered), digest(smallest), digest(text), hashlib.md5(packed).hexdigest()[:16], bisect.bisect(sorted(numbers), 0.5),
            sum(1 for _ in itertools.permutations(range(7))), functools.reduce(lambda a, b: (a * 31 + b) % 1_000_003, range(20_000)))


def database():
    connection = sqlite3.connect(':memory:')
    connection.execute('create table t (id integer primary key, name text, value real)')
    connection.executemany('insert into t values (?, ?, ?)', ((i, f'name {i % 97}', i * 0.37 % 11) for i in range(5000)))
    rows = connection.execute('select name, count(*), round(sum(value), 6), max(value) from t where id % 3 group by name order by 3 desc, 1').fetchall()
    return len(rows), digest(rows)


def processes():
    jobs, results = queue.Queue(), queue.Queue()

    def work():
        while (number := jobs.get()) is not None:
            results.put((number, hashlib.sha1(str(number).encode() * 500).hexdigest()[:8]))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(200):
        jobs.put(number)
    for _ in threads:
        jobs.put(None)
    for thread in threads:
        thread.join()
    found = dict(results.get() for _ in range(200))
    child = subprocess.run([sys.executable, '-S', '-c', 'import sys; print(sum(map(int, sys.stdin)))'],
                           input='\n'.join(map(str, range(1000))), capture_output=True, text=True, check=True)
    assert child.stdout == '499500\n'
    try:
        raise_deep(300)
    except RecursionError as error:
        caught = str(error)
    return digest(sorted(found.items())), child.stdout.strip(), caught


def raise_deep(depth):
    if depth == 0:
        raise RecursionError('the bottom')
    try:
        raise_deep(depth - 1)
    finally:
        depth += 1


for step in (integers, big_integers, floats, decimals, strings, hashes, structures, database, processes):
    print(f'{step.__name__}: {step()}', flush=True)
