using System.Text;

namespace ReplayKit.Cli.Terminal;

/// <summary>Standard error, for everything that is no result.</summary>
internal static class StandardError
{
    /// <summary>Writes at once. For any thread.</summary>
    public static TextWriter Writer { get; } =
        TextWriter.Synchronized(new StreamWriter(StandardStreams.OpenError(), new UTF8Encoding(false)) { AutoFlush = true });

    /// <summary>Whether a person watches it.</summary>
    public static bool IsTerminal => !Console.IsErrorRedirected;
}
