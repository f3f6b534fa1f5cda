namespace Trace.Export.Schema;

/// <summary>Rows on their way to a file, one preallocated array per column.</summary>
/// <remarks>
/// Every value is a 64-bit word: numbers zero- or sign-extended, booleans 0 or 1, symbols their rank, byte strings their length, with the
/// bytes one after the other in <see cref="HeapOf"/>. Not thread-safe.
/// </remarks>
public sealed class ColumnBatch
{
    private readonly ulong[][] _words;
    private readonly byte[][] _heaps;
    private readonly int[] _heapUsed;

    /// <summary>Makes an empty batch.</summary>
    /// <param name="schema">The columns.</param>
    /// <param name="capacity">Rows that it holds at most.</param>
    public ColumnBatch(TableSchema schema, int capacity)
    {
        Schema = schema;
        Capacity = capacity;
        _words = [.. schema.Columns.Select(_ => new ulong[capacity])];
        _heaps = [.. schema.Columns.Select(column => new byte[column.MaxBytes * capacity])];
        _heapUsed = new int[schema.Columns.Count];
    }

    /// <summary>The columns.</summary>
    public TableSchema Schema { get; }

    /// <summary>Rows that the batch holds at most.</summary>
    public int Capacity { get; }

    /// <summary>Rows in the batch.</summary>
    public int Rows { get; private set; }

    /// <summary>Rows for which there is room.</summary>
    public int Room => Capacity - Rows;

    /// <summary>The words of a column, one per row.</summary>
    public ReadOnlySpan<ulong> WordsOf(int column) => _words[column].AsSpan(0, Rows);

    /// <summary>The bytes of a <see cref="ColumnType.Bytes"/> column, the rows' strings one after the other.</summary>
    public ReadOnlySpan<byte> HeapOf(int column) => _heaps[column].AsSpan(0, _heapUsed[column]);

    /// <summary>Where the words of the next rows go; they belong to the batch after <see cref="Advance"/>.</summary>
    public Span<ulong> NextWords(int column, int rows) => _words[column].AsSpan(Rows, rows);

    /// <summary>Appends one row's byte string to a column; its length is the row's word.</summary>
    /// <exception cref="ArgumentException">The string is longer than the column's <see cref="ColumnSchema.MaxBytes"/>.</exception>
    public void AppendBytes(int column, ReadOnlySpan<byte> value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value.Length, Schema.Columns[column].MaxBytes, nameof(value));
        value.CopyTo(_heaps[column].AsSpan(_heapUsed[column]));
        _heapUsed[column] += value.Length;
    }

    /// <summary>Takes the rows whose words were written since the last call.</summary>
    public void Advance(int rows)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, Room);
        Rows += rows;
    }

    /// <summary>Empties the batch; its arrays stay.</summary>
    public void Clear()
    {
        Rows = 0;
        Array.Clear(_heapUsed);
    }
}
