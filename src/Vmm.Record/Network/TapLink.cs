using Vmm.Record.Native;

namespace Vmm.Record.Network;

/// <summary>Frames through a tap device of the host.</summary>
internal sealed class TapLink : IFrameLink
{
    private const int LookMilliseconds = 100;

    private readonly TapDevice _tap;
    private volatile bool _closed;

    internal TapLink(TapDevice tap) => _tap = tap;

    /// <inheritdoc/>
    public int Receive(Span<byte> frame)
    {
        while (!_closed)
        {
            if (_tap.Wait(LookMilliseconds))
            {
                return Math.Max(0, _tap.Read(frame));
            }
        }

        return 0;
    }

    /// <inheritdoc/>
    public void Send(ReadOnlySpan<byte> frame) => _tap.Write(frame);

    /// <inheritdoc/>
    public void Close() => _closed = true;

    /// <inheritdoc/>
    public void Dispose() => _tap.Dispose();
}
