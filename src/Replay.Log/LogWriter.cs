using Guest.Machine;
using Replay.Log.Frames;
using Replay.Log.Records;
using Replay.Log.Segments;

namespace Replay.Log;

/// <summary>The recording side of a log: takes records in their order and appends them to the segments in whole frames.</summary>
/// <remarks>
/// For one thread. Records wait in memory until <see cref="Flush"/>, a full frame or an <see cref="End"/>; the caller flushes at least once a
/// second. After an error every further call throws the same error: what was written before it is a valid recording. With
/// <see cref="LogOptions.EndsWhenFull"/> a full disk is no error: the log ends there, and further calls do nothing.
/// </remarks>
public sealed class LogWriter : IDisposable
{
    private readonly FrameWriter _frames;
    private readonly RecordBuffer _buffer = new();
    private readonly RecordPlace _place;
    private readonly int _frameBytes;
    private readonly byte[] _seal;
    private readonly ISegmentStore _store;
    private readonly bool _endsWhenFull;
    private ReplayKitException? _failure;

    /// <summary>Begins a log; its first frame, with the manifest's hash and copy, is on disk when this returns.</summary>
    /// <param name="store">Where the segments go; it has none yet.</param>
    /// <param name="manifest">The bytes of <c>manifest.json</c>.</param>
    /// <param name="vcpus">vCPUs of the machine, from 1.</param>
    /// <param name="options">How to write.</param>
    /// <param name="start">Where the recording begins.</param>
    /// <exception cref="ReplayKitException">The segment cannot be written (RK0109, RK0110).</exception>
    public LogWriter(ISegmentStore store, ReadOnlySpan<byte> manifest, int vcpus, LogOptions options, Position start = default)
    {
        _store = store;
        _endsWhenFull = options.EndsWhenFull;
        _frames = new FrameWriter(store, options);
        _frameBytes = Math.Min(options.FrameBytes, LogFormat.MaxPayloadBytes / 2);
        _place = new RecordPlace(vcpus);
        _seal = ManifestSeal.Of(manifest);
        _buffer.Raw(_seal);
        WriteFrame(start);
    }

    /// <summary>Every input up to this position is on disk.</summary>
    public Position FlushedTo => _frames.To;

    /// <summary>Bytes of the log on disk.</summary>
    public long Bytes => _frames.Bytes;

    /// <summary>Whether an <see cref="End"/> was appended; nothing may follow it.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Why the log ended before its recorder did; null where it has not.</summary>
    public ReplayKitException? Failure => _failure;

    private bool EndedWhenFull => _endsWhenFull && _failure?.Code == LogErrors.DiskFull;

    /// <summary>Appends one record; allocates nothing but what a full frame needs.</summary>
    /// <param name="at">Where it is injected; not behind the vCPU's record before.</param>
    /// <param name="record">The record.</param>
    /// <exception cref="ReplayKitException">A frame was due and could not be written (RK0109, RK0110).</exception>
    /// <exception cref="ArgumentException">The position is behind that of the vCPU's record before.</exception>
    /// <exception cref="InvalidOperationException">The log has ended.</exception>
    public void Append<T>(Position at, T record)
        where T : IRecord<T>, allows ref struct
    {
        if (EndedWhenFull)
        {
            return;
        }

        CheckOpen();
        _place.WriteHead(_buffer, T.Kind, at);
        record.Write(_buffer, _place);
        HasEnded = T.Kind == RecordKind.End;
        if (HasEnded || _buffer.Length >= _frameBytes)
        {
            WriteFrame(at);
        }
    }

    /// <summary>Writes what waits as one frame, and with it that every input up to a position is known; after an <see cref="End"/>, nothing.</summary>
    /// <param name="at">Where the machine stands; a replay of a log that is cut behind this frame runs up to here.</param>
    /// <exception cref="ReplayKitException">The frame could not be written (RK0109, RK0110).</exception>
    /// <exception cref="ArgumentException">The position is behind that of the vCPU's last record or flush.</exception>
    public void Flush(Position at)
    {
        if (EndedWhenFull || (HasEnded && _failure is null))
        {
            return;
        }

        CheckOpen();
        _place.CheckNotBehind(at);
        if (_buffer.Length > 0 || at.Vcpu != FlushedTo.Vcpu || at.Retired != FlushedTo.Retired)
        {
            WriteFrame(at);
        }
    }

    /// <summary>Flushes, and begins a new segment with a copy of the manifest: reading can begin with it when those before are gone.</summary>
    /// <param name="at">Where the machine stands.</param>
    /// <returns>The new segment's number.</returns>
    /// <exception cref="ReplayKitException">It could not be written (RK0109, RK0110).</exception>
    public int BeginSegment(Position at)
    {
        Flush(at);
        if (!EndedWhenFull)
        {
            _frames.EndSegment();
            _buffer.Raw(_seal);
            WriteFrame(at);
        }

        return _frames.Segment;
    }

    /// <summary>Closes the segment; what was not flushed is lost and a log without <see cref="End"/> is a cut one.</summary>
    public void Dispose() => _frames.Dispose();

    private void CheckOpen()
    {
        if (_failure is not null)
        {
            throw _failure;
        }

        if (HasEnded)
        {
            throw new InvalidOperationException("the log has ended");
        }
    }

    private void WriteFrame(Position at)
    {
        Position to = at with { RepCount = null };
        try
        {
            _frames.Write(_buffer.Written, to);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            _failure = LogErrors.CannotWrite(_frames.SegmentName, error);
            if (LogErrors.IsDiskFull(error) && _frames.CanGoOn)
            {
                TryEndForFullDisk();
            }

            if (EndedWhenFull)
            {
                HasEnded = true;
                return;
            }

            throw _failure;
        }

        _buffer.Truncate(0);
        _place.StartFrame(to);
    }

    /// <summary>Says in the log why it ends where its last whole frame ends: an end is short and may still fit where a frame did not.</summary>
    private void TryEndForFullDisk()
    {
        _buffer.Truncate(0);
        _place.StartFrame(_frames.To);
        _place.WriteHead(_buffer, RecordKind.End, _frames.To);
        new End(EndReason.DiskFull).Write(_buffer, _place);
        _store.GiveRoom();
        try
        {
            _frames.Write(_buffer.Written, _frames.To);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Without the end the recording reads as cut at the same place.
            _buffer.Truncate(0);
        }
    }
}
