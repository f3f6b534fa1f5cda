using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Block = System.Runtime.Intrinsics.Vector128<byte>;

namespace Guest.Machine.State;

/// <summary>AEGISMAC-128L with a tag of 128 bits (draft-irtf-cfrg-aegis-aead, AEGIS as a Message Authentication Code).</summary>
/// <remarks>
/// A function of bytes alone, the same on every host; it is defined by single AES rounds, which every host has as an instruction (each CPU model
/// announces AES, so a host without it is refused); some 10 GB/s.
/// Fit for data of someone who does not know the key, under one nonce as often as one likes. Who knows the key can make collisions.
/// </remarks>
public static class AegisMac
{
    private const int BlockBytes = 16;

    /// <summary>The tag of some bytes, its first byte lowest.</summary>
    /// <param name="key">The key, its first byte lowest.</param>
    /// <param name="nonce">Tells tags of equal bytes apart; its first byte lowest.</param>
    /// <param name="data">The bytes, of any number.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // the first hash of a run is of many pages: no slow first calls
    public static Hash128 Of(Hash128 key, Hash128 nonce, ReadOnlySpan<byte> data)
    {
        Block c0 = Vector128.Create(0x00, 0x01, 0x01, 0x02, 0x03, 0x05, 0x08, 0x0d, 0x15, 0x22, 0x37, 0x59, 0x90, 0xe9, 0x79, 0x62);
        Block c1 = Vector128.Create(0xdb, 0x3d, 0x18, 0x55, 0x6d, 0xc2, 0x2f, 0xf1, 0x20, 0x11, 0x31, 0x42, 0x73, 0xb5, 0x28, 0xdd);
        Block k = ToBlock(key);
        Block n = ToBlock(nonce);
        Block s0 = k ^ n, s1 = c1, s2 = c0, s3 = c1, s4 = k ^ n, s5 = k ^ c0, s6 = k ^ c1, s7 = k ^ c0;
        for (int i = 0; i < 10; i++)
        {
            Update(ref s0, ref s1, ref s2, ref s3, ref s4, ref s5, ref s6, ref s7, n, k);
        }

        ReadOnlySpan<Block> blocks = MemoryMarshal.Cast<byte, Block>(data);
        for (int i = 1; i < blocks.Length; i += 2)
        {
            Update(ref s0, ref s1, ref s2, ref s3, ref s4, ref s5, ref s6, ref s7, blocks[i - 1], blocks[i]);
        }

        ReadOnlySpan<byte> rest = data[(data.Length & -(2 * BlockBytes))..];
        if (rest.Length > 0)
        {
            Span<byte> padded = stackalloc byte[2 * BlockBytes];
            padded.Clear();
            rest.CopyTo(padded);
            Update(ref s0, ref s1, ref s2, ref s3, ref s4, ref s5, ref s6, ref s7, Vector128.Create<byte>(padded), Vector128.Create<byte>(padded[BlockBytes..]));
        }

        Block t = s2 ^ Vector128.Create((ulong)data.Length * 8, 8 * BlockBytes).AsByte();
        for (int i = 0; i < 7; i++)
        {
            Update(ref s0, ref s1, ref s2, ref s3, ref s4, ref s5, ref s6, ref s7, t, t);
        }

        Vector128<ulong> tag = (s0 ^ s1 ^ s2 ^ s3 ^ s4 ^ s5 ^ s6).AsUInt64();
        return new Hash128(tag[1], tag[0]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Update(ref Block s0, ref Block s1, ref Block s2, ref Block s3, ref Block s4, ref Block s5, ref Block s6, ref Block s7, Block m0, Block m1)
    {
        Block last = s7;
        s7 = Aes.Encrypt(s6, s7);
        s6 = Aes.Encrypt(s5, s6);
        s5 = Aes.Encrypt(s4, s5);
        s4 = Aes.Encrypt(s3, s4 ^ m1);
        s3 = Aes.Encrypt(s2, s3);
        s2 = Aes.Encrypt(s1, s2);
        s1 = Aes.Encrypt(s0, s1);
        s0 = Aes.Encrypt(last, s0 ^ m0);
    }

    private static Block ToBlock(Hash128 value) => Vector128.Create(value.Low, value.High).AsByte();
}
