namespace Replay.Log.Frames;

/// <summary>How the payload of a frame is stored. The values are on disk and never reused (docs/log-format.md).</summary>
public enum FrameCodec
{
    /// <summary>As it is: where compression would not make it shorter.</summary>
    Stored = 0,

    /// <summary>One zstd frame (RFC 8878).</summary>
    Zstd = 1,

    /// <summary>One Brotli stream (RFC 7932): where the recording host has no libzstd.</summary>
    Brotli = 2,
}
