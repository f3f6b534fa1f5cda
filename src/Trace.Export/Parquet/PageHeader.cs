using System.Buffers;

namespace Trace.Export.Parquet;

/// <summary>Writes the headers of pages (Apache Parquet format, <c>PageHeader</c>). Data pages have version 1, which every reader knows.</summary>
internal static class PageHeader
{
    private const int DataPage = 0;
    private const int DictionaryPage = 2;

    /// <summary>Appends the header of a data page. Columns are required, so that no levels precede the values.</summary>
    public static void WriteData(ArrayBufferWriter<byte> to, PageEncoding encoding, int values, int uncompressed, int compressed)
    {
        ThriftCompactWriter thrift = Begin(to, DataPage, uncompressed, compressed);
        thrift.BeginStruct(5);
        thrift.WriteI32(1, values);
        thrift.WriteI32(2, (int)encoding);
        thrift.WriteI32(3, (int)PageEncoding.Rle);
        thrift.WriteI32(4, (int)PageEncoding.Rle);
        thrift.EndStruct();
        thrift.EndOutermost();
    }

    /// <summary>Appends the header of a dictionary page.</summary>
    public static void WriteDictionary(ArrayBufferWriter<byte> to, int values, int uncompressed, int compressed)
    {
        ThriftCompactWriter thrift = Begin(to, DictionaryPage, uncompressed, compressed);
        thrift.BeginStruct(7);
        thrift.WriteI32(1, values);
        thrift.WriteI32(2, (int)PageEncoding.Plain);
        thrift.EndStruct();
        thrift.EndOutermost();
    }

    private static ThriftCompactWriter Begin(ArrayBufferWriter<byte> to, int type, int uncompressed, int compressed)
    {
        ThriftCompactWriter thrift = new(to);
        thrift.WriteI32(1, type);
        thrift.WriteI32(2, uncompressed);
        thrift.WriteI32(3, compressed);
        return thrift;
    }
}
