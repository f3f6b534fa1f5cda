using System.Buffers.Binary;
using System.Numerics;

namespace Replay.Log.Frames;

/// <summary>The CRC-32C checksum (Castagnoli polynomial, RFC 3720 appendix B.4): it sees every change of one bit and every burst up to 32 bits.</summary>
public static class Crc32C
{
    /// <summary>The checksum of the bytes.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        foreach (byte value in bytes)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return ~crc;
    }
}
