using System.Buffers.Binary;
using Guest.Machine;

namespace Replay.Log.Frames;

/// <summary>What stands before the payload of each frame: 72 bytes, little-endian, laid out in docs/log-format.md.</summary>
/// <param name="Version">Format version of the frame.</param>
/// <param name="Codec">How the payload is stored; may hold a number that is not defined.</param>
/// <param name="Sequence">The frame's number in the recording, from 0, over all segments.</param>
/// <param name="StoredLength">Bytes of the payload as stored.</param>
/// <param name="PayloadLength">Bytes of the payload when unpacked.</param>
/// <param name="From">The <paramref name="To"/> of the frame before; 0:0 in the first.</param>
/// <param name="To">Every input up to this position is in this frame or in one before it.</param>
/// <param name="Previous">The <see cref="ChainHash"/> of the frame before; 0 in the first.</param>
/// <param name="PayloadChecksum">CRC-32C of the payload as stored.</param>
internal readonly record struct FrameHeader(
    int Version,
    FrameCodec Codec,
    ulong Sequence,
    int StoredLength,
    int PayloadLength,
    Position From,
    Position To,
    Hash128 Previous,
    uint PayloadChecksum)
{
    /// <summary>Bytes of a header on disk.</summary>
    public const int Length = 72;

    private const int ChecksumOffset = Length - sizeof(uint);

    /// <summary>The first four bytes of every frame.</summary>
    public static ReadOnlySpan<byte> Magic => "RKFR"u8;

    /// <summary>Whether the bytes of a whole header carry the checksum that belongs to them.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> bytes) =>
        Crc32C.Of(bytes[..ChecksumOffset]) == BinaryPrimitives.ReadUInt32LittleEndian(bytes[ChecksumOffset..]);

    /// <summary>Reads a header that <see cref="IsWhole"/>.</summary>
    public static FrameHeader Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]),
        (FrameCodec)BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
        BinaryPrimitives.ReadInt32LittleEndian(bytes[16..]),
        BinaryPrimitives.ReadInt32LittleEndian(bytes[20..]),
        new Position(BinaryPrimitives.ReadInt32LittleEndian(bytes[24..]), BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..])),
        new Position(BinaryPrimitives.ReadInt32LittleEndian(bytes[28..]), BinaryPrimitives.ReadUInt64LittleEndian(bytes[40..])),
        Hash128.Read(bytes[48..]),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[64..]));

    /// <summary>Writes the header with its checksum.</summary>
    public void Write(Span<byte> bytes)
    {
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[4..], (ushort)Version);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[6..], (ushort)Codec);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], Sequence);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[16..], StoredLength);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[20..], PayloadLength);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[24..], From.Vcpu);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[28..], To.Vcpu);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[32..], From.Retired);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[40..], To.Retired);
        Previous.Write(bytes[48..]);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[64..], PayloadChecksum);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[ChecksumOffset..], Crc32C.Of(bytes[..ChecksumOffset]));
    }

    /// <summary>The hash that the next frame carries: SHA-256 over header and stored payload, its first 128 bits.</summary>
    /// <param name="frame">The whole frame.</param>
    public static Hash128 ChainHash(ReadOnlySpan<byte> frame) => Hash128.OfSha256(frame);
}
