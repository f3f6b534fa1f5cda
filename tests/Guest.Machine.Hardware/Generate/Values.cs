namespace Guest.Machine.Hardware.Generate;

/// <summary>Operand values: random ones mixed with the boundaries at which semantics go wrong.</summary>
public static class Values
{
    /// <summary>What the lanes of a vector hold.</summary>
    public enum Lanes
    {
        /// <summary>Uniform bits.</summary>
        Bits,

        /// <summary>Boundary bytes.</summary>
        Bytes,

        /// <summary>Boundary 16-bit integers.</summary>
        Words,

        /// <summary>Boundary 32-bit integers.</summary>
        Doublewords,

        /// <summary>Boundary 64-bit integers.</summary>
        Quadwords,

        /// <summary>Half precision.</summary>
        Half,

        /// <summary>Single precision.</summary>
        Single,

        /// <summary>Double precision.</summary>
        Double,
    }

    private static ReadOnlySpan<uint> Singles =>
    [
        0, 0x8000_0000, 0x3F80_0000, 0xBF80_0000, 0x7F80_0000, 0xFF80_0000, 0x7FC0_0000, 0xFFC0_0000, 0x7F80_0001, 0xFFBF_FFFF,
        0x7FFF_FFFF, 1, 0x8000_0001, 0x007F_FFFF, 0x807F_FFFF, 0x0080_0000, 0x7F7F_FFFF, 0xFF7F_FFFF, 0x4F00_0000, 0xCF00_0000,
        0x4EFF_FFFF, 0x5F00_0000, 0xDF00_0000, 0x3F00_0000, 0x3EFF_FFFF, 0x3F00_0001, 0x3FC0_0000, 0x4020_0000, 0x4F80_0000, 0x4B00_0001,
    ];

    private static ReadOnlySpan<ulong> Doubles =>
    [
        0, 0x8000_0000_0000_0000, 0x3FF0_0000_0000_0000, 0xBFF0_0000_0000_0000, 0x7FF0_0000_0000_0000, 0xFFF0_0000_0000_0000,
        0x7FF8_0000_0000_0000, 0xFFF8_0000_0000_0000, 0x7FF0_0000_0000_0001, 0xFFF7_FFFF_FFFF_FFFF, 0x7FFF_FFFF_FFFF_FFFF, 1,
        0x8000_0000_0000_0001, 0x000F_FFFF_FFFF_FFFF, 0x800F_FFFF_FFFF_FFFF, 0x0010_0000_0000_0000, 0x7FEF_FFFF_FFFF_FFFF,
        0xFFEF_FFFF_FFFF_FFFF, 0x41E0_0000_0000_0000, 0xC1E0_0000_0000_0000, 0x41DF_FFFF_FFC0_0000, 0x41DF_FFFF_FFE0_0000,
        0x43E0_0000_0000_0000, 0xC3E0_0000_0000_0000, 0x3FE0_0000_0000_0000, 0x3FDF_FFFF_FFFF_FFFF, 0x3FF8_0000_0000_0000,
        0x4004_0000_0000_0000, 0x47EF_FFFF_E000_0000, 0x47EF_FFFF_F000_0000, 0x36A0_0000_0000_0000, 0x3810_0000_0000_0000, 0x380F_FFFF_F000_0000,
    ];

    /// <summary>An integer of <paramref name="bits"/> bits: uniform, a boundary, a power of two, or small.</summary>
    public static ulong Integer(ref Rng rng, int bits)
    {
        ulong mask = bits == 64 ? ulong.MaxValue : (1UL << bits) - 1;
        ulong r = rng.Next();
        int choice = (int)(r & 15);
        ulong value = choice switch
        {
            < 6 => rng.Next(),
            6 => 0,
            7 => 1,
            8 => ulong.MaxValue,
            9 => 1UL << (bits - 1),
            10 => (1UL << (bits - 1)) - 1,
            11 => 1UL << (int)((r >> 8) % (ulong)bits),
            12 => (1UL << (int)((r >> 8) % (ulong)bits)) - 1,
            13 => (r >> 8) & 0xFF,
            14 => 0 - ((r >> 8) & 0xFF),
            _ => rng.Next() >> (int)((r >> 8) & 63),
        };
        return value & mask;
    }

    /// <summary>A general register: an integer of a random width under random upper bits.</summary>
    public static ulong General(ref Rng rng)
    {
        ulong r = rng.Next();
        return (r & 7) switch
        {
            < 4 => Integer(ref rng, 64),
            4 => Integer(ref rng, 32),
            5 => (r & ~0xFFFF_FFFFUL) | Integer(ref rng, 32),
            6 => (r & ~0xFFFFUL) | Integer(ref rng, 16),
            _ => (r & ~0xFFFFUL) | Integer(ref rng, 8) | (Integer(ref rng, 8) << 8),
        };
    }

    /// <summary>A quadword of lanes.</summary>
    public static ulong Quadword(ref Rng rng, Lanes lanes) => lanes switch
    {
        Lanes.Bytes => Repeat(ref rng, 8),
        Lanes.Words => Repeat(ref rng, 16),
        Lanes.Doublewords => Repeat(ref rng, 32),
        Lanes.Quadwords => Integer(ref rng, 64),
        Lanes.Half => HalfOf(ref rng) | (HalfOf(ref rng) << 16) | (HalfOf(ref rng) << 32) | (HalfOf(ref rng) << 48),
        Lanes.Single => SingleOf(ref rng) | (SingleOf(ref rng) << 32),
        Lanes.Double => DoubleOf(ref rng),
        _ => rng.Next(),
    };

    /// <summary>An x87 register: mantissa, and sign with exponent.</summary>
    public static (ulong Mantissa, ushort Top) Extended(ref Rng rng)
    {
        ulong r = rng.Next();
        ushort sign = (ushort)((r >> 8) & 0x8000);
        return (r & 31) switch
        {
            0 => (0, sign),
            1 => (rng.Next() >> 1, sign), // denormal
            2 => (rng.Next() | (1UL << 63), sign), // pseudo-denormal
            3 => (1UL << 63, (ushort)(sign | 0x7FFF)), // infinity
            4 => (rng.Next() | (3UL << 62), (ushort)(sign | 0x7FFF)), // quiet NaN
            5 => ((rng.Next() >> 2) | (1UL << 63) | 1, (ushort)(sign | 0x7FFF)), // signalling NaN
            6 => (rng.Next() >> 1, (ushort)(sign | ((r >> 32) & 0x7FFF))), // unsupported, or denormal
            7 => (ulong.MaxValue, (ushort)(sign | 0x7FFE)),
            8 => (1UL << 63, (ushort)(sign | 1)),
            9 => (1UL << 63, (ushort)(sign | 0x3FFF)),
            < 13 => (rng.Next() | (1UL << 63), (ushort)(sign | (0x3FFF + ((r >> 32) % 70)))),
            < 16 => (((r >> 40) << 40) | (1UL << 63), (ushort)(sign | (0x3FFF - 34 + ((r >> 32) % 100)))),
            < 19 => ((1UL << 63) | (1UL << (int)((r >> 40) & 63)), (ushort)(sign | (0x3FFF + ((r >> 32) % 64)))),
            < 21 => (rng.Next() | (1UL << 63), (ushort)(sign | (0x3FFF - 1100 + ((r >> 32) % 2200)))),
            < 24 => (rng.Next() | (1UL << 63), (ushort)(sign | (0x3FFF - 200 + ((r >> 32) % 400)))),
            < 26 => (rng.Next() | (1UL << 63), (ushort)(sign | ((r >> 32) % 0x7FFF))),
            _ => (rng.Next() | (1UL << 63), (ushort)(sign | (0x3FFF - 8 + ((r >> 32) % 16)))),
        };
    }

    private static ulong Repeat(ref Rng rng, int bits)
    {
        ulong value = 0;
        for (int at = 0; at < 64; at += bits)
        {
            value |= Integer(ref rng, bits) << at;
        }

        return value;
    }

    private static ulong HalfOf(ref Rng rng)
    {
        ulong r = rng.Next();
        return (r & 7) switch
        {
            0 => 0x7C00 | ((r >> 8) & 0x83FF),
            1 => (r >> 8) & 0x83FF,
            2 => ((r >> 8) & 0x8000) | 0x3C00,
            _ => (r >> 8) & 0xFFFF,
        };
    }

    private static ulong SingleOf(ref Rng rng)
    {
        ulong r = rng.Next();
        ulong sign = (r >> 8) & 0x8000_0000;
        return (r & 7) switch
        {
            0 => Singles[(int)((r >> 32) % (ulong)Singles.Length)],
            1 => (r >> 16) & 0xFFFF_FFFF,
            2 => sign | ((127 - 30 + ((r >> 48) % 100)) << 23) | ((r >> 16) & 0x7F_FFFF),
            3 => sign | ((127 + ((r >> 48) % 33)) << 23) | ((r >> 16) & 0x7F_F000),
            4 => sign | ((1 + ((r >> 48) % 254)) << 23) | ((r >> 16) & 0x7F_FFFF),
            _ => sign | ((127 - 4 + ((r >> 48) % 8)) << 23) | ((r >> 16) & 0x7F_FFFF),
        };
    }

    private static ulong DoubleOf(ref Rng rng)
    {
        ulong r = rng.Next();
        ulong low = rng.Next();
        ulong sign = (r << 40) & (1UL << 63);
        ulong mantissa = low & 0xF_FFFF_FFFF_FFFF;
        return (r & 7) switch
        {
            0 => Doubles[(int)((r >> 32) % (ulong)Doubles.Length)],
            1 => low,
            2 => sign | ((1023 - 200 + ((r >> 48) % 400)) << 52) | mantissa,
            3 => sign | ((1023 + ((r >> 48) % 66)) << 52) | (mantissa & ~0xFF_FFFFUL),
            4 => sign | ((1 + ((r >> 48) % 2046)) << 52) | mantissa,
            _ => sign | ((1023 - 4 + ((r >> 48) % 8)) << 52) | mantissa,
        };
    }
}
