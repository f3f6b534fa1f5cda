using System.Security.Cryptography;
using Guest.Machine.State;

namespace Guest.Machine.Tests.State;

/// <summary>The running hash against the platform's SHA-256.</summary>
public sealed class RunningSha256Tests
{
    private static readonly byte[] Text = [.. Enumerable.Range(0, 1000).Select(i => (byte)(i * 37 ^ (i >> 3)))];

    [Fact]
    public void At_every_length_it_is_the_SHA_256_of_what_it_took_in()
    {
        RunningSha256 hash = new();
        byte[] current = new byte[32];
        for (int length = 0; length < Text.Length; length++)
        {
            hash.Current(current);
            Assert.Equal(SHA256.HashData(Text.AsSpan(0, length)), current);
            hash.Append(Text[length]);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(200)]
    public void The_pieces_do_not_matter(int piece)
    {
        RunningSha256 hash = new();
        for (int at = 0; at < Text.Length; at += piece)
        {
            hash.Append(Text.AsSpan(at, Math.Min(piece, Text.Length - at)));
        }

        byte[] current = new byte[32];
        hash.Current(current);
        Assert.Equal(SHA256.HashData(Text), current);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(64)]
    [InlineData(777)]
    public void A_restored_hash_goes_on_where_the_saved_one_stood(int length)
    {
        RunningSha256 saved = new();
        saved.Append(Text.AsSpan(0, length));
        StateWriter writer = new();
        saved.Save(writer);

        RunningSha256 restored = new();
        restored.Append(Text);
        restored.Restore(new StateReader(writer.Written.ToArray()));
        restored.Append(Text.AsSpan(length));

        byte[] current = new byte[32];
        restored.Current(current);
        Assert.Equal(SHA256.HashData(Text), current);
    }
}
