using System.Runtime.InteropServices;

namespace Replay.Log.Native;

/// <summary>Reads what zstd frames, one after the other in a stream, hold. Forward only, for one thread.</summary>
internal sealed class ZstdStreamReader : Stream
{
    private readonly Stream _source;
    private readonly byte[] _input = new byte[1 << 17];
    private nint _context;
    private int _inputEnd;
    private int _inputStart;
    private bool _isInsideFrame;

    /// <summary>Reads from a stream, which stays the caller's.</summary>
    /// <exception cref="DllNotFoundException">The host has no libzstd.</exception>
    public ZstdStreamReader(Stream source)
    {
        _source = source;
        _context = ZSTD_createDCtx();
    }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">The stream holds something else, or ends inside a frame.</exception>
    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        while (true)
        {
            int got = Decompress(buffer);
            if (got > 0)
            {
                return got;
            }

            if (_inputStart == _inputEnd && !Fill())
            {
                return _isInsideFrame ? throw new InvalidDataException("the compressed stream ends inside a frame") : 0;
            }
        }
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (_context != 0)
        {
            _ = ZSTD_freeDCtx(_context);
            _context = 0;
        }

        base.Dispose(disposing);
    }

    private bool Fill()
    {
        _inputStart = 0;
        _inputEnd = _source.Read(_input);
        return _inputEnd > 0;
    }

    // Safe because: both buffers stay pinned during the call, and libzstd stays within the lengths it is given.
    private unsafe int Decompress(Span<byte> buffer)
    {
        fixed (byte* from = _input, to = buffer)
        {
            InBuffer input = new() { Bytes = from, Size = (nuint)_inputEnd, Position = (nuint)_inputStart };
            OutBuffer output = new() { Bytes = to, Size = (nuint)buffer.Length, Position = 0 };
            nuint result = ZSTD_decompressStream(_context, &output, &input);
            if (ZSTD_isError(result) != 0)
            {
                throw new InvalidDataException("the compressed stream is damaged");
            }

            _isInsideFrame = result != 0 && (_isInsideFrame || input.Position > (nuint)_inputStart || output.Position > 0);
            _inputStart = (int)input.Position;
            return (int)output.Position;
        }
    }

    [DllImport("libzstd.so.1")]
    private static extern nint ZSTD_createDCtx();

    [DllImport("libzstd.so.1")]
    private static extern nuint ZSTD_freeDCtx(nint context);

    [DllImport("libzstd.so.1")]
    private static extern unsafe nuint ZSTD_decompressStream(nint context, OutBuffer* output, InBuffer* input);

    [DllImport("libzstd.so.1")]
    private static extern uint ZSTD_isError(nuint code);

    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct InBuffer
    {
        internal byte* Bytes;
        internal nuint Size;
        internal nuint Position;
    }

    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct OutBuffer
    {
        internal byte* Bytes;
        internal nuint Size;
        internal nuint Position;
    }
}
