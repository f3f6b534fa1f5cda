using Replay.Log.Segments;

namespace Replay.Log.Tests.Support;

/// <summary>A disk that takes so many bytes and then fails for good: it neither takes more nor gives any back.</summary>
internal sealed class FailingDisk(int bytesTaken) : MemorySegments
{
    private int BytesLeft { get; set; } = bytesTaken;

    public override ISegmentSink Create(int number)
    {
        base.Create(number);
        return new FailingSink(this, number);
    }

    private sealed class FailingSink(FailingDisk disk, int number) : Sink(disk, number)
    {
        public override void Append(ReadOnlySpan<byte> bytes)
        {
            int taken = Math.Min(disk.BytesLeft, bytes.Length);
            disk.BytesLeft -= taken;
            base.Append(bytes[..taken]);
            if (taken < bytes.Length)
            {
                throw new IOException("Input/output error", 5);
            }
        }

        public override void Truncate(long length) => throw new IOException("Input/output error", 5);
    }
}
