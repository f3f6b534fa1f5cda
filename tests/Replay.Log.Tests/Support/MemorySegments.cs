using Replay.Log.Segments;

namespace Replay.Log.Tests.Support;

/// <summary>Segments in memory, whose bytes a test can change before they are read again.</summary>
internal class MemorySegments : ISegmentStore
{
    public List<byte[]> Segments { get; } = [];

    public string NameOf(int number) => $"log/{number:D6}.rklog";

    public IReadOnlyList<int> Numbers() => [.. Enumerable.Range(0, Segments.Count)];

    public virtual ISegmentSink Create(int number)
    {
        Assert.Equal(Segments.Count, number);
        Segments.Add([]);
        return new Sink(this, number);
    }

    public Stream? Open(int number) => number < Segments.Count ? new MemoryStream(Segments[number]) : null;

    public MemorySegments Copy()
    {
        MemorySegments copy = new();
        copy.Segments.AddRange(Segments.Select(bytes => bytes.ToArray()));
        return copy;
    }

    internal class Sink(MemorySegments owner, int number) : ISegmentSink
    {
        public virtual void Append(ReadOnlySpan<byte> bytes) => owner.Segments[number] = [.. owner.Segments[number], .. bytes];

        public virtual void Truncate(long length) => owner.Segments[number] = owner.Segments[number][..(int)length];

        public virtual void Sync()
        {
        }

        public void Dispose()
        {
        }
    }
}
