// What the guest's node does: functions that V8 compiles, optimises and gives up again; each step prints a line that is the same on every processor.
'use strict';
const assert = require('assert');
const crypto = require('crypto');
const zlib = require('zlib');

const digest = value => crypto.createHash('sha256').update(typeof value === 'string' || Buffer.isBuffer(value) ? value : JSON.stringify(value)).digest('hex').slice(0, 16);

function integers() {
    const composite = new Uint8Array(500_000);
    let count = 0, sum = 0;
    for (let n = 2; n < composite.length; n++) {
        if (composite[n]) continue;
        count++;
        sum = (sum * 31 + n) | 0;
        for (let k = n * n; k < composite.length; k += n) composite[k] = 1;
    }
    assert.strictEqual(count, 41538);
    let state = 1;
    for (let i = 0; i < 2_000_000; i++) state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + i) | 0;
    return [count, sum, state, 2n ** 521n % 1000007n, (3n ** 700n).toString().length, BigInt.asIntN(64, 7n ** 99n)].join(' ');
}

function floats() {
    const n = 90, a = new Float64Array(n * n), b = new Float64Array(n * n), c = new Float64Array(n * n), f = new Float32Array(n * n);
    for (let i = 0; i < n * n; i++) {
        a[i] = Math.sin(i) / 3;
        b[i] = Math.cos(i * 1.5) + i % 7;
        f[i] = Math.fround(a[i] * b[i]);
    }
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let k = 0; k < n; k++) sum += a[i * n + k] * b[k * n + j];
        c[i * n + j] = sum;
    }
    const texts = Array.from(c, value => `${value} ${value.toFixed(4)} ${value.toExponential(7)} ${value.toPrecision(9)}`);
    for (const value of c) assert.strictEqual(Number(String(value)), value);
    let x = 0.5;
    for (let i = 0; i < 300_000; i++) x = Math.abs(Math.tan(x) - Math.log1p(x) + Math.pow(x, 1.1) - Math.hypot(x, 2)) % 3 + 0.1;
    return [digest(texts), digest(Buffer.from(f.buffer)), x, c[17]].join(' ');
}

class Shape { area() { return 0; } }
class Square extends Shape { constructor(side) { super(); this.side = side; } area() { return this.side * this.side; } }
class Circle extends Shape { constructor(radius) { super(); this.radius = radius; } area() { return this.radius * this.radius * 3; } }
class Named extends Square { constructor(side, name) { super(side); this.name = name; } area() { return super.area() + this.name.length; } }

function objects() {
    // One shape first, so that the call is specialised; then others, so that it is not any more.
    let sum = 0;
    for (let round = 0; round < 4; round++) {
        for (let i = 0; i < 60_000; i++) {
            const kind = round === 0 ? 0 : i % (round + 1);
            const shape = kind === 0 ? new Square(i % 10) : kind === 1 ? new Circle(i % 11) : kind === 2 ? new Named(i % 5, 'name ' + i) : { area: () => 0.5 };
            sum += shape.area();
        }
    }
    const add = (left, right) => left + right;
    let mixed = 0;
    for (let i = 0; i < 100_000; i++) mixed = add(mixed, i % 3);
    const odd = [add('a', 1), add(1.5, 2), add([1], {}), add(2 ** 31 - 1, 1), add(null, true), add(10n, 5n)].join('|');
    const map = new Map(), set = new Set();
    for (let i = 0; i < 50_000; i++) {
        map.set('k' + i % 1000, (map.get('k' + i % 1000) ?? 0) + i);
        set.add(i * i % 10007);
    }
    return [sum, mixed, odd, digest([...map].sort()), set.size].join(' ');
}

function* pairs(limit) {
    for (let i = 0; i < limit; i++) yield [i, i * i % 97];
}

function texts() {
    const words = Array.from({ length: 5000 }, (_, i) => String.fromCharCode(...Array.from({ length: 3 + i % 9 }, (_, j) => 97 + (i * j * 7 + j) % 26)));
    const text = words.join(' ');
    const counts = {};
    for (const match of text.matchAll(/\b(?<head>[a-m]+)(?<tail>[n-z]*)\b/g)) counts[match.groups.head] = (counts[match.groups.head] ?? 0) + match[2].length;
    const object = { words, counts, nested: Object.fromEntries(pairs(500)), date: new Date(Date.UTC(2026, 1, 3)).toISOString(), text: 'ä"\\\n\u{1F600}' };
    assert.deepStrictEqual(JSON.parse(JSON.stringify(object)), object);
    const sorted = [...words].sort((left, right) => left.length - right.length || (left < right ? -1 : left > right ? 1 : 0));
    const packed = zlib.deflateSync(text, { level: 9 });
    assert.strictEqual(zlib.inflateSync(packed).toString(), text);
    return [digest(object), digest(sorted), digest(text.replace(/(\w)(\w+)/g, (_, a, b) => b + a.toUpperCase())), packed.length, digest('ÅÄÖ ﬁ'.normalize('NFKD'))].join(' ');
}

function webAssembly() {
    const section = (id, bytes) => [id, bytes.length, ...bytes];
    // f(n): the sum of the squares up to n, modulo 2 ** 32, in a loop; g(x): sqrt(x * x + 0.5).
    const squares = [1, 1, 0x7f, 3, 0x40, 0x20, 1, 0x20, 0, 0x20, 0, 0x6c, 0x6a, 0x21, 1, 0x20, 0, 0x41, 1, 0x6b, 0x22, 0, 0x0d, 0, 0x0b, 0x20, 1, 0x0b];
    const root = [0, 0x20, 0, 0x20, 0, 0xa2, 0x44, 0, 0, 0, 0, 0, 0, 0xe0, 0x3f, 0xa0, 0x9f, 0x0b];
    const module = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...section(1, [2, 0x60, 1, 0x7f, 1, 0x7f, 0x60, 1, 0x7c, 1, 0x7c]), ...section(3, [2, 0, 1]),
        ...section(7, [2, 1, 0x66, 0, 0, 1, 0x67, 0, 1]), ...section(10, [2, squares.length, ...squares, root.length, ...root])]);
    const { f, g } = new WebAssembly.Instance(new WebAssembly.Module(module)).exports;
    let sum = 0;
    for (let i = 1; i <= 3000; i++) sum += g(i);
    let expected = 0;
    for (let i = 1; i <= 100; i++) expected += i * i;
    assert.strictEqual(f(100), expected);
    return [f(2_000_000), sum].join(' ');
}

function hashes() {
    const data = Buffer.alloc(200_000, 'some text that repeats ');
    const key = crypto.scryptSync('password', 'salt', 32, { N: 256 });
    const cipher = crypto.createCipheriv('aes-256-gcm', key, Buffer.alloc(12, 1));
    const sealed = Buffer.concat([cipher.update(data), cipher.final()]);
    const opener = crypto.createDecipheriv('aes-256-gcm', key, Buffer.alloc(12, 1)).setAuthTag(cipher.getAuthTag());
    assert(Buffer.concat([opener.update(sealed), opener.final()]).equals(data));
    return [...['md5', 'sha1', 'sha512', 'sha3-256'].map(name => crypto.createHash(name).update(data).digest('hex').slice(0, 8)), digest(sealed), cipher.getAuthTag().toString('hex')].join(' ');
}

async function promises() {
    const order = [];
    const { Worker } = require('worker_threads');
    const worker = new Promise((resolve, reject) => {
        const made = new Worker('const { parentPort } = require("worker_threads"); let s = 0; for (let i = 0; i < 300000; i++) s = (s * 31 + i) | 0; parentPort.postMessage(s);', { eval: true });
        made.once('message', resolve).once('error', reject);
    });
    await Promise.all([3, 1, 2].map(async number => {
        await new Promise(resolve => setTimeout(resolve, number * 40));
        order.push(number);
    }));
    const garbage = [];
    for (let i = 0; i < 200_000; i++) garbage[i % 1000] = { i, text: 'x'.repeat(i % 50), more: [i, i + 1] };
    return [order, await worker, digest(garbage)].join(' ');
}

(async () => {
    for (const step of [integers, floats, objects, texts, webAssembly, hashes, promises]) {
        console.log(`${step.name}: ${await step()}`);
    }
})().catch(error => {
    console.log(error.stack);
    process.exit(1);
});
