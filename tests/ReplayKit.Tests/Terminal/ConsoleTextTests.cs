using ReplayKit.Cli.Terminal;

namespace ReplayKit.Tests.Terminal;

public sealed class ConsoleTextTests
{
    [Fact]
    public void Every_byte_is_written_once_and_in_order()
    {
        byte[] text = [.. Enumerable.Range(0, 100_000).Select(i => unchecked((byte)(i * 7)))];
        using MemoryStream output = new();
        using ConsoleText console = new(output);
        foreach (byte value in text)
        {
            console.Write(value);
        }

        console.Complete();
        Assert.Equal(text, output.ToArray());
    }

    [Fact]
    public void An_output_that_fails_is_reported_at_the_end_and_not_before()
    {
        using FailingStream output = new();
        using ConsoleText console = new(output);
        console.Write(1);
        console.Write(2);
        Assert.Throws<IOException>(console.Complete);
    }

    /// <summary>A stream to which nothing can be written.</summary>
    private sealed class FailingStream : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer) => throw new IOException("no room");
    }
}
