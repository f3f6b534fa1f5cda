using System.Numerics;
using System.Security.Cryptography;
using Guest.Machine.Memory;

namespace Guest.Machine.Tests.Memory;

/// <summary>What memory contributes to the state hash (docs/determinism.md).</summary>
public sealed class MemoryHashTests
{
    private static readonly Hash128 Key = Number("0123456789abcdeffedcba9876543210");

    // From the reference implementation of the AEGIS draft.
    [Theory]
    [InlineData("00000000000000000000000000000001", 5, "2d6afac921fd1c0951ab1cc2eecd48a1")]
    [InlineData("0123456789abcdeffedcba9876543210", 0, "6daef740c720ca4098368bb4530e2627")]
    [InlineData("0123456789abcdeffedcba9876543210", 1, "cf1e249d42ed30a756b75cfe26b714c4")]
    [InlineData("0123456789abcdeffedcba9876543210", 0xFFFFF, "5d26316bbd206e69d494f075ee000dc6")]
    public void A_page_hashes_as_written_down(string key, int page, string hash) =>
        Assert.Equal(Number(hash), PageHash.For(Number(key)).Of(page, Pattern()));

    [Theory]
    [InlineData(0, "f8e5fdcfa4e91523f7f32a3c3fc54728")]
    [InlineData(0xFFFFF, "1c2fcc16ace6b809337ca5d2efd5781e")]
    public void The_last_bit_of_a_page_counts(int page, string hash)
    {
        byte[] content = new byte[GuestMemory.PageBytes];
        content[^1] = 0x80;
        Assert.Equal(Number(hash), PageHash.For(Key).Of(page, content));
    }

    [Fact]
    public void A_page_of_zeros_hashes_to_zero()
    {
        byte[] zeros = new byte[GuestMemory.PageBytes];
        Assert.Equal(new Hash128(0, 0), PageHash.For(Key).Of(7, zeros));
        Assert.Equal(new Hash128(0, 0), PageHash.For(null).Of(7, zeros));
    }

    [Fact]
    public void Without_a_key_a_page_hashes_by_sha_256_as_in_format_version_1()
    {
        byte[] bytes = [7, 0, 0, 0, 0, 0, 0, 0, .. Pattern()];
        Assert.Equal(Hash128.Read(SHA256.HashData(bytes)), PageHash.For(null).Of(7, Pattern()));
    }

    [Fact]
    public void A_flipped_bit_of_page_number_or_key_changes_about_half_of_the_hash()
    {
        byte[] content = Pattern();
        PageHash hash = PageHash.For(Key);
        Hash128 before = hash.Of(1 << 12, content);
        for (int bit = 0; bit < content.Length * 8; bit += 61)
        {
            content[bit / 8] ^= (byte)(1 << (bit % 8));
            AssertFar(before, hash.Of(1 << 12, content));
            content[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        for (int bit = 0; bit < 12; bit++)
        {
            AssertFar(before, hash.Of((1 << 12) | (1 << bit), content));
            UInt128 flipped = (UInt128)1 << (11 * bit);
            AssertFar(before, PageHash.For(new Hash128(Key.High ^ (ulong)(flipped >> 64), Key.Low ^ (ulong)flipped)).Of(1 << 12, content));
        }
    }

    [Fact]
    public void Memory_hashes_to_the_sum_of_its_pages_however_it_came_about()
    {
        using var memory = new GuestMemory(1 << 20);
        PageHash pages = PageHash.For(Key);
        var hash = new MemoryHash(memory, pages);
        Assert.Equal(new Hash128(0, 0), hash.Refresh());
        memory.Write(new GuestPhysical(0x3000), "one"u8);
        memory.Write(new GuestPhysical(0x9FFE), "across"u8);
        hash.Refresh();
        memory.Write(new GuestPhysical(0x3000), "two"u8);
        memory.Write(new GuestPhysical(0x5000), "gone"u8);
        hash.Refresh();
        memory.Write(new GuestPhysical(0x5000), "\0\0\0\0"u8);
        Hash128 sum = pages.Of(3, memory.Page(3)) + pages.Of(9, memory.Page(9)) + pages.Of(10, memory.Page(10));
        Assert.Equal(sum, hash.Refresh());
    }

    private static void AssertFar(Hash128 one, Hash128 other)
    {
        int differing = BitOperations.PopCount(one.Low ^ other.Low) + BitOperations.PopCount(one.High ^ other.High);
        Assert.InRange(differing, 30, 98);
    }

    private static byte[] Pattern() => [.. Enumerable.Range(0, GuestMemory.PageBytes).Select(i => (byte)((i * 7) + (i >> 8)))];

    private static Hash128 Number(string digits) => Hash128.TryParse(digits, out Hash128 number) ? number : throw new ArgumentException(digits);
}
