using Trace.Export.Schema;

namespace Trace.Export.Parquet;

/// <summary>What the footer says about one column of one row group.</summary>
internal sealed record ColumnChunk(ColumnSchema Column, long Rows)
{
    /// <summary>Where the dictionary page starts in the file; null without one.</summary>
    public long? DictionaryOffset { get; init; }

    /// <summary>Where the first data page starts in the file.</summary>
    public required long DataOffset { get; init; }

    /// <summary>Bytes of all pages with their headers, compressed.</summary>
    public required long CompressedLength { get; init; }

    /// <summary>Bytes of all pages with their headers, before compression.</summary>
    public required long UncompressedLength { get; init; }

    /// <summary>The least and greatest value.</summary>
    public required ValueRange Range { get; init; }

    /// <summary>Whether no value is below the one before.</summary>
    public required bool IsAscending { get; init; }

    /// <summary>The kinds of pages it has.</summary>
    public required IReadOnlyList<PageStatistics> PageStatistics { get; init; }

    /// <summary>The serialised <c>ColumnIndex</c>.</summary>
    public required byte[] ColumnIndex { get; init; }

    /// <summary>The serialised <c>OffsetIndex</c>.</summary>
    public required byte[] OffsetIndex { get; init; }
}
