using System.Buffers;

namespace Analysis.Plugins.Profiling;

/// <summary>Writes a message in protobuf's encoding.</summary>
internal sealed class ProtoWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    /// <summary>What was written.</summary>
    public ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

    /// <summary>A field that is a number.</summary>
    public void Number(int field, ulong value)
    {
        Varint((ulong)field << 3);
        Varint(value);
    }

    /// <summary>A field that is bytes or a text.</summary>
    public void Bytes(int field, ReadOnlySpan<byte> value)
    {
        Varint(((ulong)field << 3) | 2);
        Varint((ulong)value.Length);
        _bytes.Write(value);
    }

    /// <summary>A field that is a message.</summary>
    public void Message(int field, ProtoWriter message) => Bytes(field, message.Written);

    /// <summary>A field that is a list of numbers.</summary>
    public void Numbers(int field, IEnumerable<ulong> values)
    {
        ProtoWriter packed = new();
        foreach (ulong value in values)
        {
            packed.Varint(value);
        }

        Message(field, packed);
    }

    private void Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            _bytes.Write([(byte)(value | 0x80)]);
        }

        _bytes.Write([(byte)value]);
    }
}
