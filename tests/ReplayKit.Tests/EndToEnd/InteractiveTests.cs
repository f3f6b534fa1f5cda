using System.Diagnostics;
using System.Text;
using ReplayKit.Tests.Command;

namespace ReplayKit.Tests.EndToEnd;

/// <summary>The guest's console on a real terminal: a pseudo-terminal made by script(1).</summary>
public sealed class InteractiveTests(TinyGuest guest) : IClassFixture<TinyGuest>
{
    [Fact]
    public async Task Every_key_goes_to_the_guest_at_once_and_Ctrl_A_x_ends_the_recording()
    {
        string[] record = guest.RecordArguments("interactive.rk", "forever");
        string command = string.Join(' ', record.Prepend(ReplayKitCommand.Assembly).Prepend("dotnet").Select(word => $"'{word}'"));
        using Process process = Process.Start(new ProcessStartInfo("script", ["-qefc", command, "/dev/null"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardInputEncoding = Encoding.Latin1,
            StandardOutputEncoding = Encoding.Latin1,
        })!;
        await ReadUntil(process, "line 0000000000000001 ");
        await Type(process, "q\x03");
        await ReadUntil(process, "typed q\r\n");
        await ReadUntil(process, "typed \x03\r\n");
        await Type(process, "\x01h");
        await ReadUntil(process, "Ctrl-A x ends the run");
        await Type(process, "\x01x");
        await ReadUntil(process, "replaykit: stopped after ");
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        Assert.Equal("stopped", TinyGuest.Info(guest.File("interactive.rk")).GetProperty("ended").GetString());
        Assert.Equal(0, ReplayKitCommand.Run("verify", guest.File("interactive.rk")).ExitCode);
        Assert.Contains("typed q\n", ReplayKitCommand.Run("replay", guest.File("interactive.rk")).Output, StringComparison.Ordinal);
    }

    private static async Task Type(Process process, string keys)
    {
        await process.StandardInput.WriteAsync(keys);
        await process.StandardInput.FlushAsync();
    }

    private static async Task ReadUntil(Process process, string text)
    {
        string read = string.Empty;
        char[] next = new char[1];
        while (!read.EndsWith(text, StringComparison.Ordinal))
        {
            Assert.True(await process.StandardOutput.ReadAsync(next) == 1, $"the terminal closed without '{text}': {read}");
            read += next[0];
        }
    }
}
