using System.Buffers;
using System.Runtime.InteropServices;
using Trace.Export.Schema;

namespace Trace.Export.Parquet;

/// <summary>Serialises what lets a reader skip pages (Apache Parquet format, PageIndex.md).</summary>
internal static class PageIndex
{
    private const int Unordered = 0;
    private const int AscendingOrder = 1;

    /// <summary>The least and greatest value of each page.</summary>
    public static byte[] ColumnIndex(ColumnSchema column, List<Page> pages)
    {
        ArrayBufferWriter<byte> to = new();
        ThriftCompactWriter thrift = new(to);
        thrift.WriteBoolList(1, false, pages.Count);
        thrift.BeginBinaryList(2, pages.Count);
        foreach (Page page in pages)
        {
            thrift.BinaryElement(page.Range.LeastOf(column));
        }

        thrift.BeginBinaryList(3, pages.Count);
        foreach (Page page in pages)
        {
            thrift.BinaryElement(page.Range.GreatestOf(column));
        }

        thrift.WriteI32(4, AreAscending(CollectionsMarshal.AsSpan(pages)) ? AscendingOrder : Unordered);
        thrift.WriteI64List(5, 0, pages.Count);
        thrift.EndOutermost();
        return to.WrittenSpan.ToArray();
    }

    /// <summary>Where each page is.</summary>
    /// <param name="pages">The data pages.</param>
    /// <param name="dataOffset">Where the first one starts in the file.</param>
    public static byte[] OffsetIndex(List<Page> pages, long dataOffset)
    {
        ArrayBufferWriter<byte> to = new();
        ThriftCompactWriter thrift = new(to);
        thrift.BeginStructList(1, pages.Count);
        foreach (Page page in pages)
        {
            thrift.BeginElement();
            thrift.WriteI64(1, dataOffset + page.Offset);
            thrift.WriteI32(2, page.Length);
            thrift.WriteI64(3, page.FirstRow);
            thrift.EndStruct();
        }

        thrift.EndOutermost();
        return to.WrittenSpan.ToArray();
    }

    private static bool AreAscending(ReadOnlySpan<Page> pages)
    {
        for (int i = 1; i < pages.Length; i++)
        {
            if (!pages[i].Range.IsAtOrAbove(pages[i - 1].Range))
            {
                return false;
            }
        }

        return true;
    }
}
