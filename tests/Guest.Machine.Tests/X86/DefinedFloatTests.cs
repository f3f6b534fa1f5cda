using System.Numerics;
using Iced.Intel;
using Xunit.Abstractions;
using static Iced.Intel.AssemblerRegisters;

namespace Guest.Machine.Tests.X86;

/// <summary>Floating-point results that are ours to define.</summary>
[Collection("the host's signals")]
public sealed class DefinedFloatTests(ITestOutputHelper output)
{
    private const double Bound = 1.5 / 4096;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Approximations_are_as_near_as_the_manual_says(bool root)
    {
        using var guest = new VectorGuest();
        Random random = Seeded();
        for (int i = 0; i < 3000; i++)
        {
            uint bits = ((uint)random.Next(2, 252) << 23) | (uint)random.Next(1 << 23);
            float source = BitConverter.UInt32BitsToSingle(bits);
            double exact = root ? 1 / Math.Sqrt(source) : 1 / (double)source;
            Assert.InRange(Math.Abs((Approximate(guest, root, bits) - exact) / exact), 0, Bound);
        }
    }

    [Theory]
    [InlineData(0x0000_0000u, 0x7F80_0000u, 0x7F80_0000u)]
    [InlineData(0x8000_0000u, 0xFF80_0000u, 0xFF80_0000u)]
    [InlineData(0x0000_0001u, 0x7F80_0000u, 0x7F80_0000u)] // denormals are zeros
    [InlineData(0x807F_FFFFu, 0xFF80_0000u, 0xFF80_0000u)]
    [InlineData(0x7F80_0000u, 0x0000_0000u, 0x0000_0000u)]
    [InlineData(0xFF80_0000u, 0x8000_0000u, 0xFFC0_0000u)]
    [InlineData(0xBF80_0000u, 0xBF80_0000u, 0xFFC0_0000u)]
    [InlineData(0x7F80_0001u, 0x7FC0_0001u, 0x7FC0_0001u)]
    [InlineData(0xFFC1_2345u, 0xFFC1_2345u, 0xFFC1_2345u)]
    [InlineData(0x7F7F_FFFFu, 0x0000_0000u, 0x1F80_0000u)] // a tiny result is zero
    public void Approximations_of_special_values_are_the_manuals(uint source, uint reciprocal, uint root)
    {
        using var guest = new VectorGuest();
        Assert.Equal(reciprocal, BitConverter.SingleToUInt32Bits(Approximate(guest, false, source)));
        Assert.Equal(root, BitConverter.SingleToUInt32Bits(Approximate(guest, true, source)));
        Assert.Equal(0x1F80u, guest.State.Mxcsr);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Repeated_remainders_end_with_the_exact_one(bool nearest)
    {
        using var guest = new VectorGuest();
        Random random = Seeded();
        for (int i = 0; i < 200; i++)
        {
            int divisorExponent = random.Next(4) == 0 ? 0 : random.Next(1, 16000);
            int dividendExponent = random.Next(Math.Max(1, divisorExponent - 3), 0x7FFE);
            ulong dividend = (ulong)random.NextInt64() | (1UL << 63);
            ulong divisor = divisorExponent == 0 ? 1 + ((ulong)random.NextInt64() >> random.Next(63)) : (ulong)random.NextInt64() | (1UL << 63);
            SetStack(guest, dividend, dividendExponent, divisor, divisorExponent);
            int shift = dividendExponent - Math.Max(1, divisorExponent);
            BigInteger expected = Remainder(dividend, divisor, shift, nearest);
            Reduce(guest, nearest);
            Assert.Equal(expected, Result(guest, Math.Min(0, shift) + Math.Max(1, divisorExponent)));
        }
    }

    [Fact]
    public void A_partial_remainder_takes_off_all_but_a_multiple_of_32_bits_and_says_so()
    {
        using var guest = new VectorGuest();
        SetStack(guest, 0xFFFF_FFFF_FFFF_FFFF, 1000, 0xC000_0000_0000_0001, 1000 - 100);
        Assert.Null(guest.Run(a => a.fprem()));
        Assert.Equal(0x400UL, (guest.State.Fx[0] >> 16) & 0x4700);
        BigInteger expected = (new BigInteger(ulong.MaxValue) << 36) % new BigInteger(0xC000_0000_0000_0001);
        Assert.Equal(expected << (1000 - 36), Result(guest, 0));
    }

    [Fact]
    public void Transcendental_functions_are_noted()
    {
        using var guest = new VectorGuest();
        Assert.Null(guest.Run(a => a.fld1()));
        Assert.False(guest.State.VendorDependentUsed);
        Assert.Null(guest.Run(a => a.fsin()));
        Assert.True(guest.State.VendorDependentUsed);
    }

    private static float Approximate(VectorGuest guest, bool root, uint bits)
    {
        guest.Register(2)[0] = bits;
        Assert.Null(guest.Run(a =>
        {
            if (root)
            {
                a.rsqrtss(xmm1, xmm2);
            }
            else
            {
                a.rcpss(xmm1, xmm2);
            }
        }));
        return BitConverter.UInt32BitsToSingle((uint)guest.Register(1)[0]);
    }

    private static void SetStack(VectorGuest guest, ulong dividend, int dividendExponent, ulong divisor, int divisorExponent)
    {
        guest.State.Fx[0] = 0xFF_0000_037F;
        guest.State.Fx[4] = dividend;
        guest.State.Fx[5] = (ulong)dividendExponent;
        guest.State.Fx[6] = divisor;
        guest.State.Fx[7] = (ulong)divisorExponent;
    }

    private static void Reduce(VectorGuest guest, bool nearest)
    {
        for (int steps = 0; steps < 1200; steps++)
        {
            Assert.Null(guest.Run(a =>
            {
                if (nearest)
                {
                    a.fprem1();
                }
                else
                {
                    a.fprem();
                }
            }));
            if ((guest.State.Fx[0] & (0x400 << 16)) == 0)
            {
                return;
            }
        }

        Assert.Fail("no end");
    }

    // In units of the smaller of the two operands' last places.
    private static BigInteger Remainder(ulong dividend, ulong divisor, int shift, bool nearest)
    {
        BigInteger a = shift > 0 ? new BigInteger(dividend) << shift : dividend;
        BigInteger b = shift < 0 ? new BigInteger(divisor) << -shift : divisor;
        BigInteger quotient = BigInteger.DivRem(a, b, out BigInteger remainder);
        int half = BigInteger.Compare(remainder * 2, b);
        return nearest && (half > 0 || (half == 0 && !quotient.IsEven)) ? remainder - b : remainder;
    }

    // ST0 in units of 2^(unit).
    private static BigInteger Result(VectorGuest guest, int unit)
    {
        int exponent = Math.Max(1, (int)guest.State.Fx[5] & 0x7FFF);
        BigInteger magnitude = guest.State.Fx[4];
        magnitude = exponent >= unit ? magnitude << (exponent - unit) : magnitude >> (unit - exponent);
        return (guest.State.Fx[5] & 0x8000) != 0 ? -magnitude : magnitude;
    }

    private Random Seeded()
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        return new Random(seed);
    }
}
