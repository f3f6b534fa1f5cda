using System.Buffers;
using Trace.Export.Schema;

namespace Trace.Export.Parquet.Encodings;

/// <summary>Encodes the pages of one column; holds the dictionary of its row group.</summary>
internal sealed class PageEncoder
{
    private readonly ColumnSchema _column;
    private readonly PhysicalType _type;
    private readonly ushort[] _indices;

    /// <summary>Makes the encoder of a column.</summary>
    /// <param name="column">The column.</param>
    /// <param name="pageRows">Rows of a page at most.</param>
    public PageEncoder(ColumnSchema column, int pageRows)
    {
        _column = column;
        _type = ParquetSchema.PhysicalOf(column.Type);
        _indices = new ushort[pageRows];
        Dictionary = Encodings.Contains(ColumnEncoding.Dictionary) ? new WordDictionary() : null;
    }

    /// <summary>The encodings that a column of this type and this request may have, best guess first.</summary>
    /// <remarks>BYTE_STREAM_SPLIT is not tried by itself: DuckDB 1.5 reads it for floating-point numbers only.</remarks>
    public IReadOnlyList<ColumnEncoding> Encodings => (_column.Type, _column.Encoding) switch
    {
        (ColumnType.Symbol, ColumnEncoding.Auto or ColumnEncoding.Dictionary) => [ColumnEncoding.Dictionary],
        (ColumnType.Bytes, ColumnEncoding.Auto or ColumnEncoding.Plain) => [ColumnEncoding.Plain],
        (ColumnType.Boolean, ColumnEncoding.Auto) => [ColumnEncoding.RunLength, ColumnEncoding.Plain],
        (ColumnType.Boolean, ColumnEncoding.RunLength or ColumnEncoding.Plain) => [_column.Encoding],
        (ColumnType.Symbol or ColumnType.Bytes or ColumnType.Boolean, _) or (_, ColumnEncoding.RunLength) =>
            throw new NotSupportedException($"column {_column.Name}: {_column.Type} has no encoding {_column.Encoding}"),
        (_, ColumnEncoding.Auto) => [ColumnEncoding.Dictionary, ColumnEncoding.Delta, ColumnEncoding.Plain],
        (_, ColumnEncoding.Dictionary) => [ColumnEncoding.Dictionary, ColumnEncoding.Plain],
        _ => [_column.Encoding],
    };

    /// <summary>The distinct values of the row group so far; null where the column never has a dictionary.</summary>
    public WordDictionary? Dictionary { get; }

    /// <summary>Appends a page's values.</summary>
    /// <returns>False where they do not fit into the dictionary any more; then nothing was appended.</returns>
    public bool TryEncode(ColumnEncoding encoding, ReadOnlySpan<ulong> words, ReadOnlySpan<byte> heap, ArrayBufferWriter<byte> to)
    {
        switch (encoding)
        {
            case ColumnEncoding.Dictionary:
                return TryEncodeIndices(words, to);
            case ColumnEncoding.Delta:
                DeltaBinaryPackedEncoder.Encode(words, _type == PhysicalType.Int32, to);
                return true;
            case ColumnEncoding.ByteStreamSplit:
                ByteStreamSplitEncoder.Encode(words, _type == PhysicalType.Int32 ? 4 : 8, to);
                return true;
            case ColumnEncoding.RunLength:
                EncodeRuns(words, to);
                return true;
            default:
                EncodePlain(words, heap, to);
                return true;
        }
    }

    /// <summary>Appends the values of the dictionary, as its page holds them.</summary>
    public void EncodeDictionary(ArrayBufferWriter<byte> to) => EncodePlain(Dictionary!.Words, [], to);

    private bool TryEncodeIndices(ReadOnlySpan<ulong> words, ArrayBufferWriter<byte> to)
    {
        Span<ushort> indices = _indices.AsSpan(0, words.Length);
        bool constant = words.IndexOfAnyExcept(words[0]) < 0;
        if (!Dictionary!.TryIndex(constant ? words[..1] : words, indices))
        {
            return false;
        }

        if (constant)
        {
            indices.Fill(indices[0]);
        }

        int bitWidth = Dictionary.Count > 256 ? 16 : 8;
        to.Write([(byte)bitWidth]);
        RleHybridEncoder.Encode(indices, bitWidth, to);
        return true;
    }

    // Runs of a data page come after their length in bytes (Encodings.md, "RLE").
    private void EncodeRuns(ReadOnlySpan<ulong> words, ArrayBufferWriter<byte> to)
    {
        Span<ushort> bits = _indices.AsSpan(0, words.Length);
        for (int i = 0; i < bits.Length; i++)
        {
            bits[i] = (ushort)(words[i] & 1);
        }

        ArrayBufferWriter<byte> runs = new();
        RleHybridEncoder.Encode(bits, 1, runs);
        Span<byte> length = stackalloc byte[4];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(length, runs.WrittenCount);
        to.Write(length);
        to.Write(runs.WrittenSpan);
    }

    private void EncodePlain(ReadOnlySpan<ulong> words, ReadOnlySpan<byte> heap, ArrayBufferWriter<byte> to)
    {
        switch (_column.Type)
        {
            case ColumnType.Symbol:
                PlainEncoder.EncodeSymbols(words, _column.Symbols!, to);
                break;
            case ColumnType.Bytes:
                PlainEncoder.EncodeBytes(words, heap, to);
                break;
            case ColumnType.Boolean:
                PlainEncoder.EncodeBoolean(words, to);
                break;
            default:
                EncodeNumbers(words, to);
                break;
        }
    }

    private void EncodeNumbers(ReadOnlySpan<ulong> words, ArrayBufferWriter<byte> to)
    {
        if (_type == PhysicalType.Int32)
        {
            PlainEncoder.EncodeInt32(words, to);
        }
        else
        {
            PlainEncoder.EncodeInt64(words, to);
        }
    }
}
