using System.Security.Cryptography;
using Guest.Machine;
using Replay.Log.Checkpoints;
using Replay.Log.Frames;
using Replay.Log.Manifests;
using Replay.Log.Segments;

namespace Replay.Log;

/// <summary>A recording on disk that is read; nothing here changes it.</summary>
public sealed class RecordingFolder
{
    private readonly SegmentFolder _segments;
    private readonly bool _upToDamage;
    private readonly Lazy<LogSummary> _summary;

    private RecordingFolder(string path, SegmentFolder segments, byte[] json, bool upToDamage)
    {
        Path = path;
        Manifest = Manifest.Parse(RecordingPaths.Manifest(path), json);
        Id = IdOf(json);
        Sha256 = Convert.ToHexStringLower(SHA256.HashData(json));
        _segments = segments;
        _upToDamage = upToDamage;
        _summary = new Lazy<LogSummary>(SumUp);
        Start = FindStart();
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>What the recording is of; checked against the log.</summary>
    public Manifest Manifest { get; }

    /// <summary>What tells it from any other.</summary>
    public Hash128 Id { get; }

    /// <summary>The SHA-256 of its manifest, lower-case hexadecimal: what a recording that goes on from it calls it.</summary>
    public string Sha256 { get; }

    /// <summary>Where it begins.</summary>
    public Position Start { get; }

    /// <summary>Whether it begins with a checkpoint and not with the machine.</summary>
    public bool StartsFromCheckpoint => Manifest.Start is not null || Start.Retired > 0;

    /// <summary>The file with everything the guest wrote to its console.</summary>
    public string ConsolePath => RecordingPaths.Console(Path);

    /// <summary>What the log holds. The first call reads all of it, and so finds any damage; any thread may ask.</summary>
    /// <exception cref="ReplayKitException">As <see cref="LogReader.Next"/>, at each call.</exception>
    public LogSummary Summary => _summary.Value;

    /// <summary>Opens a recording: reads its manifest and checks that it is the one the log was written with.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="upToDamage">Whether to use what is before the damage of a damaged recording, instead of refusing it.</param>
    /// <exception cref="ReplayKitException">
    /// No recording (RK0100), damage (RK0101), no manifest (RK0102), a newer version (RK0103), or a file that cannot be read (RK0105).
    /// </exception>
    public static RecordingFolder Open(string path, bool upToDamage = false)
    {
        string file = RecordingPaths.Manifest(path);
        byte[] json = ReadManifest(path, file);
        SegmentFolder segments = new(RecordingPaths.Log(path));
        return new RecordingFolder(path, segments, CheckedAgainstLog(segments, file, json, upToDamage), upToDamage);
    }

    /// <summary>What tells the recording of a manifest from any other: the first 128 bits of the SHA-256 of <c>manifest.json</c>.</summary>
    public static Hash128 IdOf(ReadOnlySpan<byte> manifest) => Hash128.OfSha256(manifest);

    /// <summary>The recording's checkpoints.</summary>
    public CheckpointFolder OpenCheckpoints() => new(RecordingPaths.Checkpoints(Path), Id, Manifest.Machine);

    /// <summary>Opens the log, to be read from the recording's start; any number of readers may be open.</summary>
    public LogReader ReadLog()
    {
        LogReader log = new(_segments, Manifest.Machine.Vcpus, _upToDamage, Manifest.Rolling);
        if (Manifest.Rolling)
        {
            log.GoTo(Start);
        }

        return log;
    }

    private LogSummary SumUp()
    {
        using LogReader log = ReadLog();
        return LogSummary.Of(log);
    }

    private static byte[] ReadManifest(string path, string file)
    {
        if (!File.Exists(file))
        {
            throw LogErrors.Bad(LogErrors.NoRecording, $"{path} is no recording: it has no manifest.json");
        }

        try
        {
            return File.ReadAllBytes(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw LogErrors.CannotRead(file, error);
        }
    }

    /// <summary>The manifest's bytes, after the log's first frame has vouched for them; without a whole first frame nothing does.</summary>
    private static byte[] CheckedAgainstLog(SegmentFolder segments, string file, byte[] json, bool upToDamage)
    {
        using FrameReader frames = new(segments, vcpus: 1);
        try
        {
            // The beginning of a rolling recording may be gone: then the first frame that is left vouches for the manifest.
            if (segments.Numbers() is [> 0, ..] && Manifest.Parse(file, json).Rolling && new FrameIndex(segments).Find(default) is { } first)
            {
                frames.GoTo(first);
            }

            if (!frames.Next())
            {
                return json;
            }
        }
        catch (ReplayKitException error) when (error.Code == LogErrors.Damaged)
        {
            // Frames of a newer version may have another shape: then its manifest says so.
            Manifest.Parse(file, json);
            if (upToDamage)
            {
                return json;
            }

            throw;
        }

        if (!ManifestSeal.TryOpen(frames.Payload, out ReadOnlySpan<byte> copy))
        {
            return upToDamage ? json : throw frames.Damage("the first frame does not hold a manifest and its hash");
        }

        if (copy.SequenceEqual(json))
        {
            return json;
        }

        return upToDamage ? copy.ToArray() : throw LogErrors.Damage(file, copy.CommonPrefixLength(json), "it is not the manifest that the log was written with");
    }

    /// <summary>The machine's start, the checkpoint that the manifest names, or, where the beginning was dropped, the first checkpoint from which the log goes on.</summary>
    private Position FindStart()
    {
        if (!Manifest.Rolling || _segments.Numbers() is not [> 0, ..])
        {
            return Manifest.Start?.At ?? default;
        }

        Position from = new FrameIndex(_segments).Find(default)?.From ?? default;
        using CheckpointFolder checkpoints = OpenCheckpoints();
        foreach (Position at in checkpoints.Positions())
        {
            if (at.Retired >= from.Retired)
            {
                return at;
            }
        }

        throw LogErrors.Bad(LogErrors.NoStart, $"{Path} has lost the checkpoint with which it begins: nothing of it can be replayed");
    }
}
