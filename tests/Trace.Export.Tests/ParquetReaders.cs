using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Trace.Export.Tests;

/// <summary>The readers written by others (readers/package.json), installed by npm where they are missing, run by Node.</summary>
public sealed class ParquetReaders
{
    /// <summary>The names of the readers that dump.mjs knows.</summary>
    public static readonly string[] Names = ["duckdb", "hyparquet", "parquet-wasm"];

    /// <summary>The checkout's root.</summary>
    public static readonly string CheckoutFolder = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(SourcePath())!, "..", ".."));

    private readonly string _folder = Path.Combine(Path.GetDirectoryName(SourcePath())!, "readers");

    public ParquetReaders()
    {
        string installed = Path.Combine(_folder, "node_modules", ".package-lock.json");
        string wanted = Path.Combine(_folder, "package-lock.json");
        if (!File.Exists(installed) || File.GetLastWriteTimeUtc(installed) < File.GetLastWriteTimeUtc(wanted))
        {
            Run("npm", "install", "--no-save", "--no-audit", "--no-fund");
            File.SetLastWriteTimeUtc(installed, DateTime.UtcNow);
        }
    }

    /// <summary>Every column of a file as its values' bytes, in the form that dump.mjs describes.</summary>
    public byte[][] Dump(string reader, string file, int columns)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("parquet-dump-");
        try
        {
            Run("node", "dump.mjs", reader, file, folder.FullName);
            return [.. Enumerable.Range(0, columns).Select(i => File.ReadAllBytes(Path.Combine(folder.FullName, $"{i}.bin")))];
        }
        finally
        {
            folder.Delete(true);
        }
    }

    /// <summary>The rows of a query in DuckDB; wide integers are texts.</summary>
    public JsonElement Query(string sql) => JsonDocument.Parse(Run("node", "query.mjs", sql)).RootElement;

    /// <summary>The page indexes as pages.mjs describes them.</summary>
    public JsonElement Pages(string file) => JsonDocument.Parse(Run("node", "pages.mjs", file)).RootElement;

    private string Run(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { WorkingDirectory = _folder, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start");
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"'{program} {string.Join(' ', arguments)}' in {_folder} ended with {process.ExitCode}:\n{error.Result}");
    }

    private static string SourcePath([CallerFilePath] string path = "") => path;
}
