using System.Buffers.Binary;
using System.Text;
using Trace.Export.Schema;

namespace Trace.Export.Tests;

/// <summary>A column with values for a test, and those values as readers see them.</summary>
public sealed class SampleColumn(ColumnSchema schema, ulong[] words, byte[] heap)
{
    public ColumnSchema Schema => schema;

    public ulong[] Words => words;

    public byte[] Heap => heap;

    /// <summary>Random values that exercise a type: boundaries, runs, counters and noise by turns.</summary>
    public static SampleColumn Random(ColumnSchema schema, int rows, Random random)
    {
        ulong[] words = new ulong[rows];
        List<byte> heap = [];
        for (int row = 0; row < rows;)
        {
            int stretch = Math.Min(rows - row, random.Next(1, 300));
            FillStretch(schema, words.AsSpan(row, stretch), random);
            row += stretch;
        }

        if (schema.Type == ColumnType.Bytes)
        {
            foreach (ulong length in words)
            {
                byte[] value = new byte[length];
                random.NextBytes(value);
                heap.AddRange(value);
            }
        }

        return new SampleColumn(schema, words, [.. heap]);
    }

    /// <summary>What dump.mjs writes for the column.</summary>
    public byte[] Dumped()
    {
        MemoryStream all = new();
        int heapAt = 0;
        Span<byte> room = stackalloc byte[8];
        foreach (ulong word in words)
        {
            if (schema.Type is not (ColumnType.Symbol or ColumnType.Bytes))
            {
                BinaryPrimitives.WriteUInt64LittleEndian(room, word);
                all.Write(room);
                continue;
            }

            byte[] value = schema.Type == ColumnType.Symbol ? Encoding.UTF8.GetBytes(schema.Symbols!.Text((int)word)) : heap[heapAt..(heapAt + (int)word)];
            heapAt += schema.Type == ColumnType.Bytes ? value.Length : 0;
            BinaryPrimitives.WriteInt32LittleEndian(room, value.Length);
            all.Write(room[..4]);
            all.Write(value);
        }

        return all.ToArray();
    }

    private static void FillStretch(ColumnSchema schema, Span<ulong> words, Random random)
    {
        int shape = random.Next(5);
        ulong start = Draw(schema, random, random.Next(2) == 0);
        ulong step = (ulong)random.Next(0, 40);
        for (int i = 0; i < words.Length; i++)
        {
            words[i] = shape switch
            {
                0 => start,
                1 => Fit(schema, unchecked(start + ((ulong)i * step))),
                2 => Draw(schema, random, boundary: true),
                3 => Fit(schema, unchecked(start + (ulong)random.Next(8))),
                _ => Draw(schema, random, boundary: false),
            };
        }
    }

    private static ulong Draw(ColumnSchema schema, Random random, bool boundary)
    {
        ulong any = (ulong)random.NextInt64(long.MinValue, long.MaxValue);
        ulong edge = unchecked((1UL << random.Next(64)) + (ulong)random.Next(-1, 2));
        return Fit(schema, boundary ? (random.Next(2) == 0 ? edge : ~edge) : any >> random.Next(64));
    }

    /// <summary>A value of the column's type that has the word's low bits.</summary>
    private static ulong Fit(ColumnSchema schema, ulong word) => schema.Type switch
    {
        ColumnType.Boolean => word & 1,
        ColumnType.UInt8 => (byte)word,
        ColumnType.UInt16 => (ushort)word,
        ColumnType.UInt32 => (uint)word,
        ColumnType.Int8 => (ulong)(sbyte)word,
        ColumnType.Int16 => (ulong)(short)word,
        ColumnType.Int32 => (ulong)(int)word,
        ColumnType.Symbol => word % (ulong)schema.Symbols!.Count,
        ColumnType.Bytes => word % (ulong)(schema.MaxBytes + 1),
        _ => word,
    };
}
