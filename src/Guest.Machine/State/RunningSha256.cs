using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Guest.Machine.State;

/// <summary>A SHA-256 over bytes that keep coming, whose state in between can be saved (FIPS 180-4); the platform's own cannot.</summary>
/// <remarks>Some 300 MB/s: for hashes that run on through a whole recording, not for content. For one thread.</remarks>
public sealed class RunningSha256
{
    private const int BlockBytes = 64;
    private const int LengthOffset = BlockBytes - sizeof(ulong);

    private static ReadOnlySpan<uint> Constants =>
    [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
        0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
        0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
        0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ];

    private readonly uint[] _hash =
        [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

    private readonly byte[] _block = new byte[BlockBytes];

    /// <summary>Bytes taken in so far.</summary>
    public ulong Count { get; private set; }

    private int Used => (int)(Count % BlockBytes);

    /// <summary>Takes in one byte.</summary>
    public void Append(byte value)
    {
        _block[Used] = value;
        Count++;
        if (Used == 0)
        {
            Compress(_hash, _block);
        }
    }

    /// <summary>Takes in bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int part = Math.Min(bytes.Length, BlockBytes - Used);
            bytes[..part].CopyTo(_block.AsSpan(Used));
            Count += (uint)part;
            bytes = bytes[part..];
            if (Used == 0)
            {
                Compress(_hash, _block);
            }
        }
    }

    /// <summary>The hash of everything so far; more may follow.</summary>
    /// <param name="hash">32 bytes.</param>
    public void Current(Span<byte> hash)
    {
        Span<uint> state = stackalloc uint[8];
        Span<byte> last = stackalloc byte[BlockBytes];
        _hash.CopyTo(state);
        last.Clear();
        _block.AsSpan(0, Used).CopyTo(last);
        last[Used] = 0x80;
        if (Used >= LengthOffset)
        {
            Compress(state, last);
            last.Clear();
        }

        BinaryPrimitives.WriteUInt64BigEndian(last[LengthOffset..], Count * 8);
        Compress(state, last);
        for (int i = 0; i < state.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(hash[(4 * i)..], state[i]);
        }
    }

    /// <summary>Writes the state.</summary>
    public void Save(StateWriter writer)
    {
        writer.WriteUInt64(Count);
        foreach (uint word in _hash)
        {
            writer.WriteUInt32(word);
        }

        writer.WriteBytes(_block.AsSpan(0, Used));
    }

    /// <summary>Takes over what <see cref="Save"/> wrote.</summary>
    public void Restore(StateReader reader)
    {
        Count = reader.ReadUInt64();
        for (int i = 0; i < _hash.Length; i++)
        {
            _hash[i] = reader.ReadUInt32();
        }

        reader.ReadBytes(_block.AsSpan(0, Used));
    }

    private static void Compress(Span<uint> state, ReadOnlySpan<byte> block)
    {
        Span<uint> w = stackalloc uint[64];
        BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<byte, uint>(block), w[..16]);
        for (int i = 16; i < 64; i++)
        {
            uint s0 = BitOperations.RotateRight(w[i - 15], 7) ^ BitOperations.RotateRight(w[i - 15], 18) ^ (w[i - 15] >> 3);
            uint s1 = BitOperations.RotateRight(w[i - 2], 17) ^ BitOperations.RotateRight(w[i - 2], 19) ^ (w[i - 2] >> 10);
            w[i] = unchecked(w[i - 16] + s0 + w[i - 7] + s1);
        }

        (uint a, uint b, uint c, uint d, uint e, uint f, uint g, uint h) = (state[0], state[1], state[2], state[3], state[4], state[5], state[6], state[7]);
        for (int i = 0; i < 64; i++)
        {
            uint s1 = BitOperations.RotateRight(e, 6) ^ BitOperations.RotateRight(e, 11) ^ BitOperations.RotateRight(e, 25);
            uint t1 = unchecked(h + s1 + ((e & f) ^ (~e & g)) + Constants[i] + w[i]);
            uint s0 = BitOperations.RotateRight(a, 2) ^ BitOperations.RotateRight(a, 13) ^ BitOperations.RotateRight(a, 22);
            uint t2 = unchecked(s0 + ((a & b) ^ (a & c) ^ (b & c)));
            (h, g, f, e, d, c, b, a) = (g, f, e, unchecked(d + t1), c, b, a, unchecked(t1 + t2));
        }

        state[0] = unchecked(state[0] + a);
        state[1] = unchecked(state[1] + b);
        state[2] = unchecked(state[2] + c);
        state[3] = unchecked(state[3] + d);
        state[4] = unchecked(state[4] + e);
        state[5] = unchecked(state[5] + f);
        state[6] = unchecked(state[6] + g);
        state[7] = unchecked(state[7] + h);
    }
}
