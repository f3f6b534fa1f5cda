namespace Replay.Log.Segments;

/// <summary>One segment of a log while it is written: the place where tests put a disk that fills or fails.</summary>
public interface ISegmentSink : IDisposable
{
    /// <summary>Adds bytes at the end.</summary>
    /// <exception cref="IOException">They could not all be written; some may have been.</exception>
    void Append(ReadOnlySpan<byte> bytes);

    /// <summary>Drops everything from that length on.</summary>
    /// <param name="length">The bytes that stay.</param>
    /// <exception cref="IOException">The bytes are still there.</exception>
    void Truncate(long length);

    /// <summary>Returns when everything appended has reached the storage itself.</summary>
    /// <exception cref="IOException">It may not have.</exception>
    void Sync();
}
