using System.Buffers.Binary;
using Replay.Log.Frames;

namespace Replay.Log.Checkpoints;

/// <summary>What stands before each block of pages in a checkpoint's file.</summary>
/// <param name="StoredLength">Bytes of the block as stored, behind this header.</param>
/// <param name="Pages">Pages in it.</param>
/// <param name="Codec">How they are packed.</param>
/// <param name="Checksum">CRC-32C of the bytes as stored.</param>
internal readonly record struct BlockHeader(int StoredLength, int Pages, FrameCodec Codec, uint Checksum)
{
    /// <summary>Bytes of a block's header.</summary>
    public const int Length = 16;

    private const int ChecksumOffset = Length - sizeof(uint);

    /// <summary>Whether the bytes carry the checksum that belongs to them and say what a block can be.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out BlockHeader header)
    {
        header = new BlockHeader(
            BinaryPrimitives.ReadInt32LittleEndian(bytes),
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]),
            (FrameCodec)BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]));
        return Crc32C.Of(bytes[..ChecksumOffset]) == BinaryPrimitives.ReadUInt32LittleEndian(bytes[ChecksumOffset..])
            && header.Pages is >= 1 and <= CheckpointFormat.PagesPerBlock
            && header.StoredLength is >= 1 and <= CheckpointFormat.BlockBytes
            && Enum.IsDefined(header.Codec);
    }

    /// <summary>Writes it with its checksum.</summary>
    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteInt32LittleEndian(bytes, StoredLength);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[4..], (ushort)Pages);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[6..], (ushort)Codec);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], Checksum);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[ChecksumOffset..], Crc32C.Of(bytes[..ChecksumOffset]));
    }
}
