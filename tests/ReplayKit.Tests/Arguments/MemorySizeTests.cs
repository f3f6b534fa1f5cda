using Guest.Machine;
using ReplayKit.Cli.Arguments;

namespace ReplayKit.Tests.Arguments;

public sealed class MemorySizeTests
{
    [Theory]
    [InlineData("512M", 512UL << 20)]
    [InlineData("2g", 2UL << 30)]
    [InlineData("64K", 64UL << 10)]
    [InlineData("1048576", 1UL << 20)]
    public void A_size_is_bytes_or_a_number_with_a_letter(string text, ulong bytes) => Assert.Equal(bytes, MemorySize.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("M")]
    [InlineData("-1M")]
    [InlineData("1.5G")]
    [InlineData("512MB")]
    [InlineData("18446744073709551615G")]
    public void Another_text_is_refused_by_name(string text) =>
        Assert.Equal(308, Assert.Throws<ReplayKitException>(() => MemorySize.Parse(text)).Code);
}
