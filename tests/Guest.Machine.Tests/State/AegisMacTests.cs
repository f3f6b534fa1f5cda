using Guest.Machine.State;

namespace Guest.Machine.Tests.State;

/// <summary>The MAC gives what its draft standard says.</summary>
public sealed class AegisMacTests
{
    // draft-irtf-cfrg-aegis-aead, AEGISMAC-128L test vector.
    [Fact]
    public void The_drafts_test_vector_holds()
    {
        byte[] data = [.. Enumerable.Range(0, 35).Select(i => (byte)i)];
        Hash128 tag = AegisMac.Of(Number("10010000000000000000000000000000"), Number("10000200000000000000000000000000"), data);
        Assert.Equal(Number("d3f09b2842ad301687d6902c921d7818"), tag);
    }

    [Fact]
    public void Every_length_has_a_tag_of_its_own()
    {
        byte[] data = new byte[100];
        Assert.Equal(data.Length + 1, Enumerable.Range(0, data.Length + 1).Select(length => AegisMac.Of(1, 2, data.AsSpan(0, length))).Distinct().Count());
    }

    private static Hash128 Number(string bytes) => Hash128.Read(Convert.FromHexString(bytes));
}
