using Replay.Log.Segments;

namespace Replay.Log.Tests.Support;

/// <summary>A disk with room for so many bytes: what does not fit is written in part, then ENOSPC.</summary>
internal sealed class FillingDisk(int room) : MemorySegments
{
    private int Room { get; } = room;

    private int Used => Segments.Sum(segment => segment.Length);

    public override ISegmentSink Create(int number)
    {
        base.Create(number);
        return new FillingSink(this, number);
    }

    private sealed class FillingSink(FillingDisk disk, int number) : Sink(disk, number)
    {
        public override void Append(ReadOnlySpan<byte> bytes)
        {
            int left = disk.Room - disk.Used;
            base.Append(bytes[..Math.Min(left, bytes.Length)]);
            if (bytes.Length > left)
            {
                throw new IOException("No space left on device", 28);
            }
        }
    }
}
