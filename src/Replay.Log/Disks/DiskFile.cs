using System.Security.Cryptography;

namespace Replay.Log.Disks;

/// <summary>A file of a disk image as a manifest names it: told apart from others by its size and a sample of its content.</summary>
/// <remarks>
/// Reading an image of many gigabytes through at each start would cost more than it tells: every read of the guest carries a hash of its own. The
/// sample is SHA-256 over 64 KiB at 64 places spread evenly from the first byte to the last, and the size; all of a file of up to 4 MiB.
/// </remarks>
/// <param name="Path">Where it was when the recording was made.</param>
/// <param name="Format">How the disk stands in it.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sample">The hash of the sample, lower-case hexadecimal.</param>
public sealed record DiskFile(string Path, DiskFormat Format, long Bytes, string Sample)
{
    private const int PieceBytes = 64 << 10;
    private const int Pieces = 64;

    internal static string SampleOf(long bytes, Action<long, byte[]> read)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] piece = new byte[PieceBytes];
        hash.AppendData(BitConverter.GetBytes(bytes));
        long last = Math.Max(0, bytes - PieceBytes);
        for (int i = 0; i < Pieces; i++)
        {
            // Evenly over the file; over a small one piece by piece until its end.
            long at = bytes <= (long)Pieces * PieceBytes ? (long)i * PieceBytes : (long)((UInt128)last * (uint)i / (Pieces - 1));
            if (at >= bytes)
            {
                break;
            }

            if (at + PieceBytes > bytes)
            {
                piece = new byte[bytes - at];
            }

            read(at, piece);
            hash.AppendData(piece);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
