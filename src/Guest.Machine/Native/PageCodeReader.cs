using Iced.Intel;

namespace Guest.Machine.Native;

/// <summary>Feeds the decoder with bytes of host memory.</summary>
internal sealed class PageCodeReader : CodeReader
{
    private nint _next;
    private nint _end;

    /// <summary>Sets what is read next; the range must be mapped.</summary>
    internal void Set(nint start, int length)
    {
        _next = start;
        _end = start + length;
    }

    /// <inheritdoc/>
    public override int ReadByte() => _next < _end ? Raw.Load<byte>(_next++) : -1;
}
