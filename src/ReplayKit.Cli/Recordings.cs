using System.Globalization;

namespace ReplayKit.Cli;

/// <summary>The recordings of one folder: <c>$REPLAYKIT_HOME</c>, or the current folder where that is not set.</summary>
internal static class Recordings
{
    /// <summary>The file that makes a folder a recording (docs/log-format.md).</summary>
    public const string ManifestName = "manifest.json";

    /// <summary>The folder that is searched.</summary>
    public static string Home => Environment.GetEnvironmentVariable("REPLAYKIT_HOME") is { Length: > 0 } home ? home : ".";

    /// <summary>The recordings there, newest first.</summary>
    public static IReadOnlyList<string> List()
    {
        if (!Directory.Exists(Home))
        {
            return [];
        }

        return [.. Directory.EnumerateDirectories(Home, "*.rk")
            .Where(folder => File.Exists(Path.Combine(folder, ManifestName)))
            .Select(folder => Home == "." ? Path.GetFileName(folder) : folder)
            .OrderByDescending(folder => File.GetLastWriteTimeUtc(Path.Combine(folder, ManifestName)))
            .ThenByDescending(folder => folder, StringComparer.Ordinal)];
    }

    /// <summary>The folder that a user's text names.</summary>
    /// <param name="text">A path, or <c>latest</c>.</param>
    public static string Find(string text)
    {
        if (text != "latest")
        {
            return text;
        }

        return List() is [string newest, ..]
            ? newest
            : throw UsageError.NoRecording($"there is no recording in {Path.GetFullPath(Home)}; record one, or set REPLAYKIT_HOME");
    }

    /// <summary>A folder name for a new recording that nothing uses yet: <c>replay-YYYYMMDD-HHMMSS.rk</c>.</summary>
    /// <param name="now">The local time that it carries.</param>
    public static string NewName(DateTime now)
    {
        string stem = Path.Combine(Home, "replay-" + now.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture));
        string name = stem + ".rk";
        for (int next = 2; Path.Exists(name); next++)
        {
            name = $"{stem}-{next}.rk";
        }

        return Path.GetRelativePath(".", name);
    }
}
