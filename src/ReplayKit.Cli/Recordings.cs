using System.Globalization;
using Replay.Log.Packing;
using ReplayKit.Cli.Terminal;

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

    /// <summary>The folder that a user's text names. A packed recording is unpacked into one that is gone when the command ends.</summary>
    /// <param name="text">A path, or <c>latest</c>.</param>
    /// <exception cref="Guest.Machine.ReplayKitException">RK0304: there is none; a packed recording is damaged.</exception>
    public static string Find(string text)
    {
        if (text != "latest")
        {
            return File.Exists(text) ? UnpackForNow(text) : text;
        }

        return List() is [string newest, ..]
            ? newest
            : throw UsageError.NoRecording($"there is no recording in {Path.GetFullPath(Home)}; record one, or set REPLAYKIT_HOME");
    }

    /// <summary>Makes a folder of a packed recording.</summary>
    /// <exception cref="Guest.Machine.ReplayKitException">The file is damaged, or the folder cannot be written.</exception>
    public static void Unpack(string file, string folder)
    {
        using ProgressBar progress = new("unpack", 0, (ulong)(File.Exists(file) ? new FileInfo(file).Length : 0), ProgressUnit.Bytes);
        new PackedRecording(file, bytes => progress.Report((ulong)bytes)).Unpack(folder);
    }

    private static string UnpackForNow(string file)
    {
        string temporary = Directory.CreateTempSubdirectory("replaykit-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(temporary, recursive: true);
        string folder = Path.Combine(temporary, Path.GetFileName(Path.ChangeExtension(file, ".rk")));
        Unpack(file, folder);
        return folder;
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
