using System.CommandLine;
using System.Globalization;
using Replay.Engine.Debug.Gdb;

namespace ReplayKit.Cli.Arguments;

/// <summary>Where gdb is waited for: the value of <c>--gdb</c>.</summary>
internal static class GdbAddress
{
    private const int DefaultPort = 1234;
    private const string UnixPrefix = "unix:";

    /// <summary>The option.</summary>
    public static Option<string?> Option() => new("--gdb")
    {
        Description = "Wait for gdb instead, on this port of 127.0.0.1 or on unix:PATH, and let it go forwards and backwards.",
        HelpName = "PORT",
        Arity = ArgumentArity.ZeroOrOne,
    };

    /// <summary>Begins to listen.</summary>
    /// <param name="text">A port (0 for a free one), <c>unix:PATH</c>, or nothing.</param>
    /// <exception cref="Guest.Machine.ReplayKitException">RK0301: it is none of these; RK0510: the host refuses.</exception>
    public static GdbServer Listen(string? text)
    {
        if (text?.StartsWith(UnixPrefix, StringComparison.Ordinal) == true)
        {
            return GdbServer.OnPath(text[UnixPrefix.Length..]);
        }

        ushort port = DefaultPort;
        return string.IsNullOrEmpty(text) || ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port)
            ? GdbServer.OnPort(port)
            : throw UsageError.Wrong($"--gdb takes a port or unix:PATH, not '{text}'");
    }
}
