using Replay.Log.Disks;

namespace Replay.Log.Tests.Support;

/// <summary>A disk image of noise, always the same.</summary>
internal sealed class NoiseImage : IDiskImage
{
    private readonly byte[] _content;

    public NoiseImage(int bytes)
    {
        _content = new byte[bytes];
        new Random(1).NextBytes(_content);
    }

    public long Bytes => _content.Length;

    public void Read(long offset, Span<byte> bytes) => _content.AsSpan((int)offset, bytes.Length).CopyTo(bytes);

    public void Dispose()
    {
    }
}
