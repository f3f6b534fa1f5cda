using Guest.Machine;
using Replay.Log.Segments;

namespace Replay.Log.Frames;

/// <summary>Writes frames one after the other into segments; a frame that cannot be written whole is taken back.</summary>
internal sealed class FrameWriter(ISegmentStore store, LogOptions options) : IDisposable
{
    private byte[] _frame = new byte[4096];
    private ISegmentSink? _segment;
    private int _segments;
    private long _segmentBytes;
    private ulong _sequence;
    private Hash128 _previous;

    /// <summary>Where the last whole frame ended.</summary>
    public Position To { get; private set; }

    /// <summary>Bytes of all whole frames.</summary>
    public long Bytes { get; private set; }

    /// <summary>False once a partial frame could not be taken back: nothing may follow it.</summary>
    public bool CanGoOn { get; private set; } = true;

    /// <summary>The name of the segment that is being written.</summary>
    public string SegmentName => store.NameOf(Math.Max(0, _segments - 1));

    /// <summary>The number of the segment that is being written.</summary>
    public int Segment => _segments - 1;

    /// <summary>Lets the next frame begin a new segment.</summary>
    public void EndSegment()
    {
        _segment?.Dispose();
        _segment = null;
    }

    /// <summary>Writes one frame.</summary>
    /// <exception cref="IOException">It could not be written; the frames before it stand as they were.</exception>
    public void Write(ReadOnlySpan<byte> payload, Position to)
    {
        ReadOnlySpan<byte> frame = Compose(payload, to);
        if (_segment is null || (_segmentBytes > 0 && _segmentBytes + frame.Length > options.SegmentBytes))
        {
            BeginSegment();
        }

        Append(_segment!, frame);
        _segmentBytes += frame.Length;
        Bytes += frame.Length;
        _previous = FrameHeader.ChainHash(frame);
        _sequence++;
        To = to;
    }

    /// <summary>Closes the segment.</summary>
    public void Dispose() => _segment?.Dispose();

    private ReadOnlySpan<byte> Compose(ReadOnlySpan<byte> payload, Position to)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, LogFormat.MaxPayloadBytes, nameof(payload));
        int room = FrameHeader.Length + Math.Max(payload.Length, FrameCompression.MaxStoredLength(options.Codec, payload.Length));
        if (_frame.Length < room)
        {
            _frame = new byte[room];
        }

        (FrameCodec codec, int length) = FrameCompression.Pack(options.Codec, payload, _frame.AsSpan(FrameHeader.Length));
        uint checksum = Crc32C.Of(_frame.AsSpan(FrameHeader.Length, length));
        new FrameHeader(LogFormat.FrameVersion, codec, _sequence, length, payload.Length, To, to, _previous, checksum).Write(_frame);
        return _frame.AsSpan(0, FrameHeader.Length + length);
    }

    private void BeginSegment()
    {
        ISegmentSink next = store.Create(_segments);
        _segment?.Dispose();
        _segment = next;
        _segments++;
        _segmentBytes = 0;
    }

    private void Append(ISegmentSink segment, ReadOnlySpan<byte> frame)
    {
        try
        {
            segment.Append(frame);
            if (options.Durable)
            {
                segment.Sync();
            }
        }
        catch (IOException)
        {
            TakeBack(segment);
            throw;
        }
    }

    private void TakeBack(ISegmentSink segment)
    {
        try
        {
            segment.Truncate(_segmentBytes);
        }
        catch (IOException)
        {
            CanGoOn = false;
        }
    }
}
