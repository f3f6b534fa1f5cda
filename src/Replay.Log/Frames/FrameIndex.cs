using Guest.Machine;
using Replay.Log.Segments;

namespace Replay.Log.Frames;

/// <summary>Finds frames by position: hops over headers and reads no payload.</summary>
/// <remarks>
/// Costs a small read for each segment and for each frame of the segment that holds the position, once. What a header says is checked again
/// when its frame is read.
/// </remarks>
internal sealed class FrameIndex(ISegmentStore store)
{
    private readonly Dictionary<int, SegmentFrames> _segments = [];

    /// <summary>The first frame that is complete to a position or beyond it; null where the log ends before.</summary>
    /// <exception cref="ReplayKitException">A header on the way is damaged (RK0101), or a segment cannot be read (RK0105).</exception>
    public FramePlace? Find(Position at)
    {
        IReadOnlyList<int> segments = store.Numbers();
        for (int index = FirstSegment(segments, at); index < segments.Count; index++)
        {
            SegmentFrames segment = Segment(segments[index]);
            foreach (FramePlace frame in segment.Frames)
            {
                if (frame.To.Retired >= at.Retired)
                {
                    return frame;
                }
            }

            ThrowIfDamaged(segment);
        }

        return null;
    }

    /// <summary>The last frame that begins with a whole header; null for an empty log.</summary>
    /// <exception cref="ReplayKitException">A header of the last segment is damaged (RK0101), or the segment cannot be read (RK0105).</exception>
    public FramePlace? Last()
    {
        IReadOnlyList<int> segments = store.Numbers();
        for (int index = segments.Count - 1; index >= 0; index--)
        {
            SegmentFrames segment = Segment(segments[index]);
            ThrowIfDamaged(segment);
            if (segment.Frames is [.., FramePlace last])
            {
                return last;
            }
        }

        return null;
    }

    private static void ThrowIfDamaged(SegmentFrames segment)
    {
        if (segment.Damage is not null)
        {
            throw segment.Damage;
        }
    }

    // The last segment that begins before the position; the frame that reaches it is there or begins the next one.
    private int FirstSegment(IReadOnlyList<int> segments, Position at)
    {
        int low = 0;
        int high = segments.Count - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (First(segments[middle]) is { } first && first.From.Retired < at.Retired)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return low;
    }

    private FramePlace? First(int segment)
    {
        IReadOnlyList<FramePlace> frames = (_segments.TryGetValue(segment, out SegmentFrames? known) ? known : Hop(segment, most: 1)).Frames;
        return frames.Count > 0 ? frames[0] : null;
    }

    private SegmentFrames Segment(int number)
    {
        if (!_segments.TryGetValue(number, out SegmentFrames? segment))
        {
            segment = Hop(number, int.MaxValue);
            _segments.Add(number, segment);
        }

        return segment;
    }

    private SegmentFrames Hop(int segment, int most)
    {
        List<FramePlace> frames = [];
        try
        {
            using Stream? stream = store.Open(segment);
            byte[] bytes = new byte[FrameHeader.Length];
            long offset = 0;
            while (stream is not null && frames.Count < most && stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) == bytes.Length)
            {
                FrameHeader header = Checked(segment, offset, bytes);
                frames.Add(new FramePlace(segment, offset, header.Sequence, header.Previous, header.From, header.To));
                offset += FrameHeader.Length + header.StoredLength;
                stream.Position = offset;
            }

            return new SegmentFrames(frames, null);
        }
        catch (ReplayKitException damage)
        {
            return new SegmentFrames(frames, damage);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw LogErrors.CannotRead(store.NameOf(segment), error);
        }
    }

    private FrameHeader Checked(int segment, long offset, ReadOnlySpan<byte> bytes)
    {
        if (!bytes.StartsWith(FrameHeader.Magic) || !FrameHeader.IsWhole(bytes))
        {
            throw LogErrors.Damage(store.NameOf(segment), offset, "no whole header of a frame begins here");
        }

        FrameHeader header = FrameHeader.Read(bytes);
        return header.Version > LogFormat.Version
            ? throw LogErrors.NewerVersion(store.NameOf(segment), header.Version)
            : header.StoredLength >= 0 ? header : throw LogErrors.Damage(store.NameOf(segment), offset, "the frame's header has values that no writer gives it");
    }
}
