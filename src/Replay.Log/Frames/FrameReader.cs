using Guest.Machine;
using Replay.Log.Segments;

namespace Replay.Log.Frames;

/// <summary>Reads the frames of a log forward, over all segments, and believes none before it is checked.</summary>
internal sealed class FrameReader(ISegmentStore store, int vcpus) : IDisposable
{
    private byte[] _frame = new byte[4096];
    private byte[] _payload = [];
    private Stream? _segment;
    private int _segments;
    private long _nextOffset;
    private ulong _sequence;
    private Hash128 _previous;

    /// <summary>The header of the current frame.</summary>
    public FrameHeader Header { get; private set; }

    /// <summary>The unpacked payload of the current frame; valid until the next one is read.</summary>
    public ReadOnlySpan<byte> Payload => _payload.AsSpan(0, Header.PayloadLength);

    /// <summary>The name of the segment that holds the current frame.</summary>
    public string SegmentName => store.NameOf(Math.Max(0, _segments - 1));

    /// <summary>Where the current frame begins in its segment; before the first and after the last one, where the next would begin.</summary>
    public long Offset { get; private set; }

    /// <summary>Bytes of all whole frames so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether the log ended inside a frame.</summary>
    public bool IsCutInside { get; private set; }

    /// <summary>Reads the next frame.</summary>
    /// <returns>False where the log ends: behind a whole frame or inside one that was being written.</returns>
    /// <exception cref="ReplayKitException">The log is damaged, cannot be read, or is newer than this code; the message names file and offset.</exception>
    public bool Next()
    {
        try
        {
            return ReadFrame();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw LogErrors.CannotRead(SegmentName, error);
        }
    }

    /// <summary>Goes to a frame: <see cref="Next"/> reads it. What comes before it is not looked at.</summary>
    /// <exception cref="ReplayKitException">The segment is missing (RK0101) or cannot be read (RK0105).</exception>
    public void GoTo(in FramePlace place)
    {
        try
        {
            _segment?.Dispose();
            _segment = store.Open(place.Segment) ?? throw LogErrors.Damage(store.NameOf(place.Segment), 0, "the segment is missing");
            _segment.Position = place.Offset;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw LogErrors.CannotRead(store.NameOf(place.Segment), error);
        }

        _segments = place.Segment + 1;
        Offset = _nextOffset = place.Offset;
        _sequence = place.Sequence;
        _previous = place.Previous;
        Header = default(FrameHeader) with { To = place.From };
        IsCutInside = false;
    }

    /// <summary>Closes the segment.</summary>
    public void Dispose() => _segment?.Dispose();

    /// <summary>The error that the current frame, or what stands in its place, is damaged.</summary>
    public ReplayKitException Damage(string what) => LogErrors.Damage(SegmentName, Offset, what);

    private bool ReadFrame()
    {
        int got = ReadStart();
        if (got < FrameHeader.Length)
        {
            return CutInside(got);
        }

        FrameHeader header = CheckedHeader();
        int length = FrameHeader.Length + header.StoredLength;
        Ensure(ref _frame, length);
        if (Fill(_frame.AsSpan(FrameHeader.Length, header.StoredLength)) < header.StoredLength)
        {
            return CutInside(FrameHeader.Length);
        }

        Unpack(header);
        Header = header;
        _previous = FrameHeader.ChainHash(_frame.AsSpan(0, length));
        _sequence++;
        _nextOffset += length;
        Bytes += length;
        return true;
    }

    /// <summary>Reads a header's bytes from this segment or, where it has no more, from the next; 0 bytes mean that there is none.</summary>
    private int ReadStart()
    {
        Offset = _nextOffset;
        int got = _segment is null ? 0 : Fill(_frame.AsSpan(0, FrameHeader.Length));
        while (got == 0 && store.Open(_segments) is { } next)
        {
            _segment?.Dispose();
            _segment = next;
            _segments++;
            Offset = _nextOffset = 0;
            got = Fill(_frame.AsSpan(0, FrameHeader.Length));
        }

        return got;
    }

    private bool CutInside(int got)
    {
        int known = Math.Min(got, FrameHeader.Magic.Length);
        if (!_frame.AsSpan(0, known).SequenceEqual(FrameHeader.Magic[..known]))
        {
            throw Damage("no frame begins here");
        }

        IsCutInside = got > 0;
        using Stream? next = store.Open(_segments);
        return next is null ? false : throw Damage("the frame is not whole, and another segment follows");
    }

    private FrameHeader CheckedHeader()
    {
        ReadOnlySpan<byte> bytes = _frame.AsSpan(0, FrameHeader.Length);
        if (!bytes.StartsWith(FrameHeader.Magic))
        {
            throw Damage("no frame begins here");
        }

        if (!FrameHeader.IsWhole(bytes))
        {
            throw Damage("the checksum of the frame's header does not match");
        }

        FrameHeader header = FrameHeader.Read(bytes);
        if (header.Version > LogFormat.Version)
        {
            throw LogErrors.NewerVersion(SegmentName, header.Version);
        }

        CheckPlace(header);
        CheckShape(header);
        return header;
    }

    /// <summary>Whether the frame is the one that follows: otherwise frames or segments were lost, swapped or taken from elsewhere.</summary>
    private void CheckPlace(in FrameHeader header)
    {
        if (header.Sequence != _sequence)
        {
            throw Damage($"frame {header.Sequence} stands where frame {_sequence} belongs");
        }

        if (header.Previous != _previous || header.From != Header.To)
        {
            throw Damage($"frame {header.Sequence} does not follow the frame before it");
        }
    }

    private void CheckShape(in FrameHeader header)
    {
        if (!Enum.IsDefined(header.Codec))
        {
            throw LogErrors.UnknownContent(SegmentName, Offset, $"codec {(int)header.Codec}");
        }

        bool lengthsHold = header.StoredLength >= 0
            && header.StoredLength <= header.PayloadLength
            && header.PayloadLength <= LogFormat.MaxPayloadBytes;
        bool positionsHold = header.To.Vcpu >= 0
            && header.To.Vcpu < vcpus
            && (header.To.Vcpu != header.From.Vcpu || header.To.Retired >= header.From.Retired);
        if (header.Version < 1 || !lengthsHold || !positionsHold)
        {
            throw Damage("the frame's header has values that no writer gives it");
        }
    }

    private void Unpack(in FrameHeader header)
    {
        ReadOnlySpan<byte> stored = _frame.AsSpan(FrameHeader.Length, header.StoredLength);
        if (Crc32C.Of(stored) != header.PayloadChecksum)
        {
            throw Damage("the checksum of the frame's payload does not match");
        }

        Ensure(ref _payload, header.PayloadLength);
        try
        {
            FrameCompression.Unpack(header.Codec, stored, _payload.AsSpan(0, header.PayloadLength));
        }
        catch (InvalidDataException error)
        {
            throw Damage(error.Message);
        }
    }

    private int Fill(Span<byte> bytes) => _segment!.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);

    private static void Ensure(ref byte[] buffer, int length)
    {
        if (buffer.Length < length)
        {
            Array.Resize(ref buffer, Math.Max(length, Math.Min(buffer.Length * 2, LogFormat.MaxPayloadBytes)));
        }
    }
}
