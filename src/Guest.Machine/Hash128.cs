using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace Guest.Machine;

/// <summary>128 bits of a hash, a key or an identity; a number modulo 2^128 where hashes are added.</summary>
/// <remarks>Not <see cref="UInt128"/>: methods with that in their signatures are never compiled ahead of time, so each costs a run its compilation.</remarks>
/// <param name="High">Bits 64 to 127.</param>
/// <param name="Low">Bits 0 to 63.</param>
public readonly record struct Hash128(ulong High, ulong Low)
{
    /// <summary>Bytes of one, as it is stored: the lowest first.</summary>
    public const int Bytes = 16;

    /// <summary>Digits of its text.</summary>
    public const int Digits = 32;

    /// <summary>A number of 64 bits.</summary>
    public static implicit operator Hash128(ulong value) => FromUInt64(value);

    /// <summary>The sum modulo 2^128.</summary>
    public static Hash128 operator +(Hash128 left, Hash128 right) => Add(left, right);

    /// <summary>The difference modulo 2^128.</summary>
    public static Hash128 operator -(Hash128 left, Hash128 right) => Subtract(left, right);

    /// <summary>The product modulo 2^128.</summary>
    public static Hash128 operator *(Hash128 left, ulong right) => Multiply(left, right);

    /// <summary>A number of 64 bits.</summary>
    public static Hash128 FromUInt64(ulong value) => new(0, value);

    /// <summary>The sum modulo 2^128.</summary>
    public static Hash128 Add(Hash128 left, Hash128 right)
    {
        ulong low = unchecked(left.Low + right.Low);
        return new(unchecked(left.High + right.High + (low < left.Low ? 1UL : 0)), low);
    }

    /// <summary>The difference modulo 2^128.</summary>
    public static Hash128 Subtract(Hash128 left, Hash128 right) =>
        new(unchecked(left.High - right.High - (left.Low < right.Low ? 1UL : 0)), unchecked(left.Low - right.Low));

    /// <summary>The product modulo 2^128.</summary>
    public static Hash128 Multiply(Hash128 left, ulong right)
    {
        ulong high = Math.BigMul(left.Low, right, out ulong low);
        return new(unchecked(high + (left.High * right)), low);
    }

    /// <summary>The first 128 bits of the SHA-256 of some bytes.</summary>
    public static Hash128 OfSha256(ReadOnlySpan<byte> bytes)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, digest);
        return Read(digest);
    }

    /// <summary>Reads 16 bytes, the lowest first.</summary>
    public static Hash128 Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]), BinaryPrimitives.ReadUInt64LittleEndian(bytes));

    /// <summary>Reads 32 lower-case hexadecimal digits, the highest first.</summary>
    /// <returns>False for any other text.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out Hash128 value)
    {
        value = default;
        if (text.Length != Digits || text.ContainsAnyInRange('A', 'Z')
            || !ulong.TryParse(text[..16], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong high)
            || !ulong.TryParse(text[16..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong low))
        {
            return false;
        }

        value = new(high, low);
        return true;
    }

    /// <summary>Writes 16 bytes, the lowest first.</summary>
    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Low);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], High);
    }

    /// <summary>32 lower-case hexadecimal digits, the highest first.</summary>
    public override string ToString() => High.ToString("x16", CultureInfo.InvariantCulture) + Low.ToString("x16", CultureInfo.InvariantCulture);
}
