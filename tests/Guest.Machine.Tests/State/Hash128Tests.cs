using System.Globalization;

namespace Guest.Machine.Tests.State;

/// <summary><see cref="Hash128"/> against .NET's own number of 128 bits.</summary>
public sealed class Hash128Tests
{
    private const int Seed = 20261130;

    [Fact]
    public void Sums_differences_and_products_are_those_modulo_2_to_the_128()
    {
        var random = new Random(Seed);
        ulong[] edges = [0, 1, 2, ulong.MaxValue, ulong.MaxValue - 1, 1UL << 63];
        for (int i = 0; i < 100_000; i++)
        {
            Hash128 one = new(Next(), Next());
            Hash128 other = new(Next(), Next());
            ulong factor = Next();
            Assert.Equal(unchecked(Wide(one) + Wide(other)), Wide(one + other));
            Assert.Equal(unchecked(Wide(one) - Wide(other)), Wide(one - other));
            Assert.Equal(unchecked(Wide(one) * factor), Wide(one * factor));
        }

        ulong Next() => random.Next(2) == 0 ? edges[random.Next(edges.Length)] : (ulong)random.NextInt64(long.MinValue, long.MaxValue);
    }

    [Fact]
    public void Bytes_and_digits_say_the_same_as_the_number()
    {
        Hash128 value = new(0x0011_2233_4455_6677, 0x8899_AABB_CCDD_EEFF);
        byte[] bytes = new byte[Hash128.Bytes];
        value.Write(bytes);
        Assert.Equal("FFEEDDCCBBAA99887766554433221100", Convert.ToHexString(bytes));
        Assert.Equal(value, Hash128.Read(bytes));
        Assert.Equal(Wide(value).ToString("x32", CultureInfo.InvariantCulture), value.ToString());
        Assert.True(Hash128.TryParse(value.ToString(), out Hash128 again));
        Assert.Equal(value, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData("00112233445566778899aabbccddeef")]
    [InlineData("00112233445566778899aabbccddeeff0")]
    [InlineData("00112233445566778899AABBCCDDEEFF")]
    [InlineData("00112233445566778899aabbccddeefg")]
    [InlineData("0x112233445566778899aabbccddeeff")]
    [InlineData(" 0112233445566778899aabbccddeeff")]
    public void Other_texts_are_none(string text) => Assert.False(Hash128.TryParse(text, out _));

    private static UInt128 Wide(Hash128 value) => new(value.High, value.Low);
}
