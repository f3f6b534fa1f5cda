using Replay.Log.Frames;

namespace Replay.Log;

/// <summary>How a log is written; none of it changes what the log says.</summary>
public sealed record LogOptions
{
    /// <summary>What a recorder uses where nothing else is asked for.</summary>
    public static LogOptions Default { get; } = new();

    /// <summary>A segment that would grow above this many bytes is left and a new one begun; a frame is never split.</summary>
    public long SegmentBytes { get; init; } = 64 << 20;

    /// <summary>A frame is written as soon as its unpacked payload has this many bytes, up to <see cref="LogFormat.MaxPayloadBytes"/> / 2.</summary>
    public int FrameBytes { get; init; } = 256 << 10;

    /// <summary>Whether each frame has reached the storage itself, and not only the operating system, before the writer goes on.</summary>
    public bool Durable { get; init; }

    /// <summary>
    /// Whether a full disk ends the recording without an error (<see cref="NewRecording.Failure"/> says why): whoever is recorded goes on, and what is
    /// appended from there on is dropped.
    /// </summary>
    public bool EndsWhenFull { get; init; }

    /// <summary>How payloads are packed.</summary>
    public FrameCodec Codec { get; init; } = FrameCompression.Preferred;
}
