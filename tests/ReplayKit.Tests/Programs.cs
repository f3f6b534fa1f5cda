using System.Diagnostics;

namespace ReplayKit.Tests;

/// <summary>Other programs that tests need: the scripts of the checkout, the compiler, DuckDB.</summary>
internal static class Programs
{
    /// <summary>Runs a program to its end.</summary>
    /// <returns>Its standard output.</returns>
    /// <exception cref="InvalidOperationException">It did not end with 0; the message has its standard error.</exception>
    public static string Run(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { WorkingDirectory = Checkout.Root, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start");
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"'{program} {string.Join(' ', arguments)}' ended with {process.ExitCode}:\n{error.GetAwaiter().GetResult()}");
    }

    /// <summary>The rows of a query in DuckDB as JSON.</summary>
    public static string DuckDb(string sql)
    {
        Run("bash", "-c", ". eng/need.sh; node_packages \"$PWD/samples/query\"");
        return Run("node", "samples/query/query.mjs", "--json", sql);
    }
}
