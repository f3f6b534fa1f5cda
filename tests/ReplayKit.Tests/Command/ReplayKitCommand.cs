using System.Diagnostics;
using System.Text;

namespace ReplayKit.Tests.Command;

/// <summary>The command as users run it: a process of its own.</summary>
internal static class ReplayKitCommand
{
    /// <summary>The built command.</summary>
    public static string Assembly { get; } = Path.Combine(AppContext.BaseDirectory, "replaykit.dll");

    /// <summary>Runs it to its end, with nothing on standard input.</summary>
    public static CommandResult Run(params string[] arguments) => RunIn(Path.GetTempPath(), arguments);

    /// <summary>Runs it to its end in a folder, with nothing on standard input.</summary>
    public static CommandResult RunIn(string folder, params string[] arguments)
    {
        using Process process = Start(folder, arguments);
        process.StandardInput.Close();
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new CommandResult(process.ExitCode, output, error.GetAwaiter().GetResult());
    }

    /// <summary>Starts it with all its streams in the caller's hands. Its text is Latin-1: one character per byte.</summary>
    public static Process Start(string folder, params string[] arguments)
    {
        ProcessStartInfo start = new("dotnet")
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = Encoding.Latin1,
            StandardOutputEncoding = Encoding.Latin1,
        };
        start.Environment.Remove("REPLAYKIT_HOME");
        start.ArgumentList.Add(Assembly);
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start");
    }
}
