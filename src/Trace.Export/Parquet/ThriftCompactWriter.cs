using System.Buffers;
using System.Text;

namespace Trace.Export.Parquet;

/// <summary>Writes the structures of Parquet's metadata (Apache Thrift, compact protocol specification).</summary>
internal sealed class ThriftCompactWriter
{
    private const byte True = 1;
    private const byte False = 2;
    private const byte Byte = 3;
    private const byte I16 = 4;
    private const byte I32 = 5;
    private const byte I64 = 6;
    private const byte Binary = 8;
    private const byte List = 9;
    private const byte Struct = 12;

    private readonly ArrayBufferWriter<byte> _to;
    private readonly Stack<int> _outer = new();
    private int _lastId;

    /// <summary>Makes a writer whose first fields are those of an outermost structure.</summary>
    public ThriftCompactWriter(ArrayBufferWriter<byte> to) => _to = to;

    /// <summary>A field that is a structure of its own; <see cref="EndStruct"/> ends it.</summary>
    public void BeginStruct(int id)
    {
        Header(id, Struct);
        BeginElement();
    }

    /// <summary>An element of a list of structures; <see cref="EndStruct"/> ends it.</summary>
    public void BeginElement()
    {
        _outer.Push(_lastId);
        _lastId = 0;
    }

    /// <summary>Ends a structure.</summary>
    public void EndStruct()
    {
        Raw(0);
        _lastId = _outer.Pop();
    }

    /// <summary>Ends the outermost structure; the next field begins another.</summary>
    public void EndOutermost()
    {
        Raw(0);
        _lastId = 0;
    }

    public void WriteBool(int id, bool value) => Header(id, value ? True : False);

    public void WriteByte(int id, byte value)
    {
        Header(id, Byte);
        Raw(value);
    }

    public void WriteI16(int id, short value)
    {
        Header(id, I16);
        Varint.WriteZigZag(_to, value);
    }

    public void WriteI32(int id, int value)
    {
        Header(id, I32);
        Varint.WriteZigZag(_to, value);
    }

    public void WriteI64(int id, long value)
    {
        Header(id, I64);
        Varint.WriteZigZag(_to, value);
    }

    public void WriteBinary(int id, ReadOnlySpan<byte> value)
    {
        Header(id, Binary);
        BinaryElement(value);
    }

    public void WriteText(int id, string value) => WriteBinary(id, Encoding.UTF8.GetBytes(value));

    public void BeginStructList(int id, int count) => ListHeader(id, Struct, count);

    public void WriteI32List(int id, ReadOnlySpan<int> values)
    {
        ListHeader(id, I32, values.Length);
        foreach (int value in values)
        {
            Varint.WriteZigZag(_to, value);
        }
    }

    public void WriteTextList(int id, string only)
    {
        BeginBinaryList(id, 1);
        BinaryElement(Encoding.UTF8.GetBytes(only));
    }

    public void BeginBinaryList(int id, int count) => ListHeader(id, Binary, count);

    public void BinaryElement(ReadOnlySpan<byte> value)
    {
        Varint.Write(_to, (ulong)value.Length);
        _to.Write(value);
    }

    /// <summary>A list of that many equal booleans.</summary>
    public void WriteBoolList(int id, bool value, int count)
    {
        ListHeader(id, True, count);
        _to.GetSpan(count)[..count].Fill(value ? True : False);
        _to.Advance(count);
    }

    /// <summary>A list of that many equal numbers.</summary>
    public void WriteI64List(int id, long value, int count)
    {
        ListHeader(id, I64, count);
        for (int i = 0; i < count; i++)
        {
            Varint.WriteZigZag(_to, value);
        }
    }

    private void ListHeader(int id, byte elementType, int count)
    {
        Header(id, List);
        Raw((byte)((Math.Min(count, 15) << 4) | elementType));
        if (count >= 15)
        {
            Varint.Write(_to, (ulong)count);
        }
    }

    private void Header(int id, byte type)
    {
        // Every field of Parquet's structures is at most 15 above the one before.
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)(id - _lastId - 1), 14u, nameof(id));
        Raw((byte)(((id - _lastId) << 4) | type));
        _lastId = id;
    }

    private void Raw(byte value)
    {
        _to.GetSpan(1)[0] = value;
        _to.Advance(1);
    }
}
