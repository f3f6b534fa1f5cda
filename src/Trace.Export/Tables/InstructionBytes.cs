using System.Buffers.Binary;

namespace Trace.Export.Tables;

/// <summary>The bytes of one instruction, at most 15 (Intel SDM 2A 2.3.11), in two words.</summary>
public readonly record struct InstructionBytes
{
    /// <summary>The most bytes that an instruction has.</summary>
    public const int MaxLength = 15;

    private readonly ulong _low;
    private readonly ulong _highAndLength;

    /// <summary>Keeps an instruction's bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are more than 15.</exception>
    public InstructionBytes(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, MaxLength, nameof(bytes));
        Span<byte> room = stackalloc byte[16];
        room.Clear();
        bytes.CopyTo(room);
        room[MaxLength] = (byte)bytes.Length;
        _low = BinaryPrimitives.ReadUInt64LittleEndian(room);
        _highAndLength = BinaryPrimitives.ReadUInt64LittleEndian(room[8..]);
    }

    /// <summary>How many bytes there are.</summary>
    public int Length => (int)(_highAndLength >> 56);

    /// <summary>Copies the bytes to the start of a span of at least 16 bytes.</summary>
    /// <returns>The part of the span that holds them.</returns>
    public ReadOnlySpan<byte> CopyTo(Span<byte> room)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(room, _low);
        BinaryPrimitives.WriteUInt64LittleEndian(room[8..], _highAndLength);
        return room[..Length];
    }
}
