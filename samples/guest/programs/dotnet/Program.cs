// What the guest's .NET does: each step prints a line that is the same on every processor; known answers are checked.
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Compression;
using System.Numerics;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
(string Name, Func<string> Run)[] steps =
[
    ("hello", () => "from .NET " + Environment.Version),
    ("integers", Integers), ("floats", Floats), ("vectors", Vectors), ("strings", Strings), ("structures", Structures), ("hashes", Hashes),
    ("exceptions", Exceptions), ("threads", Threads), ("garbage", Garbage),
];
foreach ((string name, Func<string> run) in steps)
{
    Console.WriteLine($"{name}: {run()}");
}

static string Digest(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];

static void Expect<T>(T found, T wanted)
{
    if (!EqualityComparer<T>.Default.Equals(found, wanted))
    {
        throw new InvalidOperationException($"{found}, not {wanted}");
    }
}

static string Integers()
{
    bool[] composite = new bool[300_000];
    int count = 0;
    ulong sum = 0;
    for (int n = 2; n < composite.Length; n++)
    {
        if (composite[n])
        {
            continue;
        }

        count++;
        sum = (BitOperations.RotateLeft(sum, 7) ^ (ulong)n) * 0x9E3779B97F4A7C15;
        for (long k = (long)n * n; k < composite.Length; k += n)
        {
            composite[k] = true;
        }
    }

    Expect(count, 25997);
    BigInteger power = BigInteger.ModPow(7, BigInteger.Pow(10, 40) + 7, BigInteger.Pow(2, 127) - 1);
    BigInteger factorial = Enumerable.Range(1, 300).Aggregate(BigInteger.One, (product, n) => product * n);
    UInt128 wide = 1;
    for (int i = 1; i < 200; i++)
    {
        wide = (wide * 6364136223846793005) + (UInt128)i / 3;
    }

    return $"{count} {sum:x16} {power} {Digest(factorial.ToString())} {wide} {BitOperations.PopCount(sum)} {BitOperations.LeadingZeroCount(sum)}";
}

static string Floats()
{
    StringBuilder text = new();
    double sum = 0;
    decimal exact = 0;
    for (int i = 1; i < 3000; i++)
    {
        double value = (Math.Sin(i) * Math.Exp(i / 400.0)) + Math.Sqrt(i) + Math.Cbrt(i) + Math.Pow(i, 0.7) + Math.Atan2(i, 3);
        Expect(double.Parse(value.ToString("R")), value);
        sum += value;
        exact += (decimal)Math.Round(value, 6) / i;
        text.Append(value).Append(' ').Append(value.ToString("F3")).Append(' ').Append(value.ToString("E7")).Append(' ').Append((float)value).Append(' ')
            .Append((long)value).Append(' ').Append((uint)value).Append('\n');
    }

    return $"{sum:R} {exact} {Digest(text.ToString())} {Math.FusedMultiplyAdd(1.1, 2.2, -2.42)} {(Half)1.2345} {double.BitIncrement(1)}";
}

static string Vectors()
{
    byte[] bytes = new byte[40_000];
    for (int i = 0; i < bytes.Length; i++)
    {
        bytes[i] = (byte)(i * i >> 3);
    }

    Vector128<uint> sum = Vector128<uint>.Zero;
    Vector256<ulong> wide = Vector256<ulong>.Zero;
    for (int round = 0; round < 20; round++)
    {
        for (int at = 0; at + 32 <= bytes.Length; at += 32)
        {
            Vector128<byte> low = Vector128.Create<byte>(bytes.AsSpan(at, 16)), high = Vector128.Create<byte>(bytes.AsSpan(at + 16, 16));
            Vector128<byte> mixed = Vector128.Max(low, high) ^ Vector128.Shuffle(low, Vector128.Create((byte)15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
            sum = (sum * 31) + mixed.AsUInt32();
            wide += Vector256.Create(low, high).AsUInt64() ^ (wide << 3);
        }
    }

    float[] floats = Enumerable.Range(0, 4096).Select(i => (float)(i % 37) / 8).ToArray();
    int found = bytes.AsSpan().IndexOf([(byte)7, (byte)9]), different = bytes.AsSpan().CommonPrefixLength(bytes.AsSpan(1));
    return $"{sum} {wide} {floats.Sum()} {found} {different} {bytes.AsSpan().Count((byte)200)}";
}

static string Strings()
{
    string[] words = Enumerable.Range(0, 4000).Select(i => new string(Enumerable.Range(0, 3 + (i % 9)).Select(j => (char)('a' + (((i * j * 7) + j) % 26))).ToArray())).ToArray();
    string text = string.Join(' ', words);
    Regex pattern = new(@"\b(?<head>[a-m]+)(?<tail>[n-z]*)\b", RegexOptions.Compiled);
    SortedDictionary<string, int> counts = new(StringComparer.Ordinal);
    foreach (Match match in pattern.Matches(text))
    {
        counts[match.Groups["head"].Value] = counts.GetValueOrDefault(match.Groups["head"].Value) + match.Groups["tail"].Length;
    }

    string swapped = Regex.Replace(text, @"(\w)(\w+)", match => match.Groups[2].Value + char.ToUpperInvariant(match.Groups[1].Value[0]));
    Array.Sort(words, StringComparer.Ordinal);
    return $"{Digest(string.Join(',', counts))} {Digest(swapped)} {Digest(string.Join('|', words))} {Digest(text.Replace("ab", "<>", StringComparison.Ordinal).ToUpperInvariant())} {text.IndexOf("zz", StringComparison.Ordinal)}";
}

static string Structures()
{
    Record[] records = Enumerable.Range(0, 1500).Select(i => new Record(i, $"name {i % 97}", i * 0.37 % 11, [.. Enumerable.Range(0, i % 5)])).ToArray();
    string json = JsonSerializer.Serialize(records);
    Record[] back = JsonSerializer.Deserialize<Record[]>(json)!;
    Expect(JsonSerializer.Serialize(back), json);
    var groups = records.Where(r => r.Number % 3 != 0).GroupBy(r => r.Name).Select(g => (g.Key, Sum: g.Sum(r => r.Value), g.Count())).OrderByDescending(g => g.Sum).ThenBy(g => g.Key, StringComparer.Ordinal);
    return $"{Digest(json)} {Digest(string.Join(';', groups))}";
}

static string Hashes()
{
    byte[] data = new byte[300_000];
    for (int i = 0; i + 8 <= data.Length; i += 8)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(i), (ulong)i * 0x9E3779B97F4A7C15);
    }

    using MemoryStream packed = new();
    using (BrotliStream stream = new(packed, CompressionLevel.Fastest, leaveOpen: true))
    {
        stream.Write(data.AsSpan(0, 50_000));
    }

    packed.Position = 0;
    using MemoryStream unpacked = new();
    using (BrotliStream stream = new(packed, CompressionMode.Decompress, leaveOpen: true))
    {
        stream.CopyTo(unpacked);
    }

    Expect(unpacked.ToArray().AsSpan().SequenceEqual(data.AsSpan(0, 50_000)), true);
    using AesGcm aes = new(SHA256.HashData("key"u8), 16);
    byte[] sealedData = new byte[data.Length], tag = new byte[16], opened = new byte[data.Length];
    aes.Encrypt(new byte[12], data, sealedData, tag);
    aes.Decrypt(new byte[12], sealedData, tag, opened);
    Expect(opened.AsSpan().SequenceEqual(data), true);
    return $"{Convert.ToHexStringLower(SHA1.HashData(data))[..16]} {Convert.ToHexStringLower(SHA512.HashData(data))[..16]} {Convert.ToHexStringLower(tag)} {packed.Length}";
}

static string Exceptions()
{
    int caught = 0, last = 0;
    for (int i = 0; i < 200; i++)
    {
        try
        {
            last = (i % 4) switch
            {
                0 => i / (i % 4),
                1 => (new int[2])[i],
                2 => ((string?)null)!.Length,
                _ => checked(int.MaxValue + i),
            };
        }
        catch (Exception error) when (error is DivideByZeroException or IndexOutOfRangeException or NullReferenceException or OverflowException)
        {
            caught += error.GetType().Name.Length;
        }
        finally
        {
            caught++;
        }
    }

    return $"{caught} {last}";
}

static string Threads()
{
    ConcurrentDictionary<int, long> results = new();
    Parallel.For(0, 64, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i => results[i] = Enumerable.Range(0, 3000).Aggregate(0L, (sum, n) => ((sum * 31) + (n ^ i)) % 1_000_003));
    int total = 0;
    Lock gate = new();
    Thread[] threads = Enumerable.Range(0, 3).Select(_ => new Thread(() =>
    {
        for (int i = 0; i < 20_000; i++)
        {
            lock (gate)
            {
                total++;
            }
        }
    })).ToArray();
    Array.ForEach(threads, thread => thread.Start());
    Array.ForEach(threads, thread => thread.Join());
    Expect(total, 60_000);
    Task<int>[] tasks = Enumerable.Range(1, 20).Select(async i =>
    {
        await Task.Delay(i % 3);
        return i * i;
    }).ToArray();
    return $"{results.OrderBy(pair => pair.Key).Aggregate(0L, (sum, pair) => ((sum * 31) + pair.Value) % 1_000_003)} {total} {Task.WhenAll(tasks).GetAwaiter().GetResult().Sum()}";
}

static string Garbage()
{
    Node? kept = null;
    long sum = 0;
    for (int i = 0; i < 300_000; i++)
    {
        Node node = new(i, i % 100 == 0 ? kept : null, new byte[i % 64]);
        if (i % 1000 == 0)
        {
            kept = node;
        }

        sum += node.Data.Length;
    }

    GC.Collect();
    int length = 0;
    for (Node? node = kept; node is not null; node = node.Next)
    {
        length++;
    }

    return $"{sum} {length} {GC.CollectionCount(0) > 0}";
}

internal sealed record Record(int Number, string Name, double Value, int[] List);

internal sealed record Node(int Number, Node? Next, byte[] Data);
