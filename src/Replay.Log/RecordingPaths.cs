namespace Replay.Log;

/// <summary>Where things are in the folder of a recording.</summary>
internal static class RecordingPaths
{
    public static string Manifest(string recording) => Path.Combine(recording, "manifest.json");

    public static string Log(string recording) => Path.Combine(recording, "log");

    public static string Checkpoints(string recording) => Path.Combine(recording, "checkpoints");

    public static string Console(string recording) => Path.Combine(recording, "console.log");
}
