using System.Text;
using ReplayKit.Cli.Terminal;

namespace ReplayKit.Tests.Terminal;

public sealed class EscapeKeyTests
{
    [Fact]
    public void Ctrl_A_x_ends_the_run() => Assert.Equal([EscapeKey.Nothing, EscapeKey.End], Type("\x01x"));

    [Fact]
    public void Ctrl_A_twice_sends_it_to_the_guest_once() => Assert.Equal([EscapeKey.Nothing, EscapeKey.Send], Type("\x01\x01"));

    [Fact]
    public void An_x_on_its_own_goes_to_the_guest() => Assert.Equal([EscapeKey.Send, EscapeKey.Send, EscapeKey.Send], Type("axc"));

    [Fact]
    public void Help_is_shown_once_and_the_next_key_goes_to_the_guest() =>
        Assert.Equal([EscapeKey.Nothing, EscapeKey.Help, EscapeKey.Send, EscapeKey.Nothing, EscapeKey.Help], Type("\x01hx\x01" + "c"));

    [Fact]
    public void An_unknown_sequence_is_swallowed() => Assert.Equal([EscapeKey.Nothing, EscapeKey.Nothing, EscapeKey.Send], Type("\x01zq"));

    [Fact]
    public void Ctrl_C_goes_to_the_guest() => Assert.Equal([EscapeKey.Send], Type("\x03"));

    private static IEnumerable<EscapeKey> Type(string keys)
    {
        EscapeKeys escape = new();
        return [.. Encoding.Latin1.GetBytes(keys).Select(escape.Next)];
    }
}
