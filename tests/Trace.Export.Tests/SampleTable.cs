using Trace.Export.Parquet;
using Trace.Export.Schema;

namespace Trace.Export.Tests;

/// <summary>A table of sample columns that a test writes to a file and reads back.</summary>
public sealed class SampleTable(IReadOnlyList<SampleColumn> columns) : IDisposable
{
    private static readonly SymbolTable Words = new([.. "the quick brown fox jumps over the lazy dog zwölf Äxte ∀x".Split(' '), ""]);
    private readonly string _path = Path.Combine(Path.GetTempPath(), Path.ChangeExtension(Path.GetRandomFileName(), ".parquet"));

    public IReadOnlyList<SampleColumn> Columns => columns;

    public TableSchema Schema { get; } = new("sample", [.. columns.Select(column => column.Schema)]);

    public int Rows => columns[0].Words.Length;

    public string File => _path;

    /// <summary>A column for each type and each encoding that it may have and that the reader knows.</summary>
    public static SampleTable OfEverything(int rows, Random random, string reader) =>
        new([.. EverySchema().Where(schema => Knows(reader, schema.Encoding)).Select(schema => SampleColumn.Random(schema, rows, random))]);

    /// <summary>Whether a reader knows an encoding for integers: DuckDB 1.5 splits streams of floating-point numbers only.</summary>
    public static bool Knows(string reader, ColumnEncoding encoding) => reader != "duckdb" || encoding != ColumnEncoding.ByteStreamSplit;

    /// <summary>Writes the file in pages of <see cref="ParquetOptions.PageRows"/>.</summary>
    public SampleTable Write(ParquetOptions options, params KeyValuePair<string, string>[] metadata)
    {
        using FileStream stream = System.IO.File.Create(_path);
        ITableWriter writer = new ParquetFormat(options).Start(Schema, stream, metadata);
        ColumnBatch batch = new(Schema, writer.BatchRows);
        int[] heapAt = new int[columns.Count];
        for (int row = 0; row < Rows; row += batch.Capacity)
        {
            Fill(batch, row, Math.Min(batch.Capacity, Rows - row), heapAt);
            writer.Write(batch);
            batch.Clear();
        }

        writer.Complete();
        return this;
    }

    public void Dispose() => System.IO.File.Delete(_path);

    private static IEnumerable<ColumnSchema> EverySchema()
    {
        foreach (ColumnType type in Enum.GetValues<ColumnType>().Where(type => type is not (ColumnType.Boolean or ColumnType.Symbol or ColumnType.Bytes)))
        {
            foreach (ColumnEncoding encoding in Enum.GetValues<ColumnEncoding>().Where(encoding => encoding != ColumnEncoding.RunLength))
            {
                yield return new ColumnSchema($"{type}_{encoding}", type, encoding);
            }
        }

        yield return new ColumnSchema("Boolean_Auto", ColumnType.Boolean);
        yield return new ColumnSchema("Boolean_Plain", ColumnType.Boolean, ColumnEncoding.Plain);
        yield return new ColumnSchema("Boolean_RunLength", ColumnType.Boolean, ColumnEncoding.RunLength);
        yield return ColumnSchema.OfSymbols("Symbol", Words);
        yield return new ColumnSchema("Bytes", ColumnType.Bytes) { MaxBytes = 15 };
    }

    private void Fill(ColumnBatch batch, int row, int rows, int[] heapAt)
    {
        for (int i = 0; i < columns.Count; i++)
        {
            ReadOnlySpan<ulong> words = columns[i].Words.AsSpan(row, rows);
            words.CopyTo(batch.NextWords(i, rows));
            if (columns[i].Schema.Type != ColumnType.Bytes)
            {
                continue;
            }

            foreach (ulong length in words)
            {
                batch.AppendBytes(i, columns[i].Heap.AsSpan(heapAt[i], (int)length));
                heapAt[i] += (int)length;
            }
        }

        batch.Advance(rows);
    }
}
