namespace Vmm.Record.Network;

/// <summary>A network where nobody is.</summary>
internal sealed class UnpluggedLink : IFrameLink
{
    /// <inheritdoc/>
    public int Receive(Span<byte> frame) => 0;

    /// <inheritdoc/>
    public void Send(ReadOnlySpan<byte> frame)
    {
    }

    /// <inheritdoc/>
    public void Close()
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
