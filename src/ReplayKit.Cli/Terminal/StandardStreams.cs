using Microsoft.Win32.SafeHandles;

namespace ReplayKit.Cli.Terminal;

/// <summary>The process's standard streams as bytes, without what <see cref="Console"/> does to a terminal: modes, escape sequences, reading by lines.</summary>
internal static class StandardStreams
{
    /// <summary>Standard input.</summary>
    public static Stream OpenInput() => Console.IsInputRedirected ? Console.OpenStandardInput() : Terminal(0, FileAccess.Read);

    /// <summary>Standard output.</summary>
    public static Stream OpenOutput() => Console.IsOutputRedirected ? Console.OpenStandardOutput() : Terminal(1, FileAccess.Write);

    /// <summary>Standard error.</summary>
    public static Stream OpenError() => Console.IsErrorRedirected ? Console.OpenStandardError() : Terminal(2, FileAccess.Write);

    private static FileStream Terminal(int descriptor, FileAccess access) =>
        new(new SafeFileHandle(descriptor, ownsHandle: false), access, bufferSize: 0);
}
