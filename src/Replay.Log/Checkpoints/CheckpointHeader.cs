using System.Buffers.Binary;
using System.Security.Cryptography;
using Guest.Machine;
using Replay.Log.Frames;

namespace Replay.Log.Checkpoints;

/// <summary>What stands before everything else in a checkpoint's file (docs/checkpoints.md, header).</summary>
/// <param name="Version">Format version.</param>
/// <param name="Codec">How the contents are packed.</param>
/// <param name="At">The position.</param>
/// <param name="FileLength">Bytes of the whole file.</param>
/// <param name="ContentsOffset">Where the contents begin; they end with the file.</param>
/// <param name="ContentsLength">Bytes of the contents when unpacked.</param>
/// <param name="Recording">The recording it belongs to: the beginning of its manifest's SHA-256.</param>
internal sealed record CheckpointHeader(
    int Version, FrameCodec Codec, Position At, long FileLength, long ContentsOffset, int ContentsLength, Hash128 Recording)
{
    /// <summary>Bytes of a header.</summary>
    public const int Length = 128;

    private const int HashOffset = 64;
    private const int ChecksumOffset = Length - sizeof(uint);

    /// <summary>The first four bytes.</summary>
    public static ReadOnlySpan<byte> Magic => "RKCP"u8;

    /// <summary>SHA-256 of the contents as stored.</summary>
    public byte[] ContentsHash { get; init; } = new byte[SHA256.HashSizeInBytes];

    /// <summary>What tells this checkpoint from any other.</summary>
    public Hash128 Id => Hash128.Read(ContentsHash);

    /// <summary>Bytes of the contents as stored.</summary>
    public long StoredLength => FileLength - ContentsOffset;

    /// <summary>Whether the bytes carry the checksum that belongs to them.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> bytes) =>
        Crc32C.Of(bytes[..ChecksumOffset]) == BinaryPrimitives.ReadUInt32LittleEndian(bytes[ChecksumOffset..]);

    /// <summary>Reads a header that <see cref="IsWhole"/>.</summary>
    public static CheckpointHeader Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]),
        (FrameCodec)BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]),
        new Position(BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]), BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..])),
        BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]),
        BinaryPrimitives.ReadInt64LittleEndian(bytes[32..]),
        BinaryPrimitives.ReadInt32LittleEndian(bytes[40..]),
        Hash128.Read(bytes[48..]))
    {
        ContentsHash = bytes.Slice(HashOffset, SHA256.HashSizeInBytes).ToArray(),
    };

    /// <summary>The header's bytes with their checksum.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[Length];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4), (ushort)Version);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(6), (ushort)Codec);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), At.Vcpu);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(16), At.Retired);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(24), FileLength);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(32), ContentsOffset);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(40), ContentsLength);
        Recording.Write(bytes.AsSpan(48));
        ContentsHash.CopyTo(bytes.AsSpan(HashOffset));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(ChecksumOffset), Crc32C.Of(bytes.AsSpan(0, ChecksumOffset)));
        return bytes;
    }
}
