using Replay.Log.Native;

namespace Replay.Log.Packing;

/// <summary>Compresses what is written into it: zstd frames of a mebibyte each, one after the other, as <c>zstd -d</c> reads them. Forward only, for one thread.</summary>
internal sealed class ZstdStreamWriter(Stream target, int level) : Stream
{
    private const int FrameBytes = 1 << 20;
    private readonly byte[] _frame = new byte[FrameBytes];
    private readonly byte[] _packed = new byte[Zstd.MaxCompressedLength(FrameBytes)];
    private int _used;

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int part = Math.Min(buffer.Length, FrameBytes - _used);
            buffer[..part].CopyTo(_frame.AsSpan(_used));
            _used += part;
            buffer = buffer[part..];
            if (_used == FrameBytes)
            {
                EndFrame();
            }
        }
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <summary>Writes what waits as a shorter frame.</summary>
    public override void Flush()
    {
        if (_used > 0)
        {
            EndFrame();
        }
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    private void EndFrame()
    {
        int length = Zstd.Compress(_frame.AsSpan(0, _used), _packed, level);
        target.Write(_packed.AsSpan(0, length));
        _used = 0;
    }
}
