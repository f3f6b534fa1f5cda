using Guest.Machine.Devices;
using Guest.Machine.Devices.Block;

namespace Guest.Machine.Board;

/// <summary>Nothing behind the devices: what they send is dropped. So it is in replay, where what they would get stands in the log.</summary>
public sealed class NoBackEnds : IBackEnds
{
    /// <inheritdoc/>
    public void Ready(int slot)
    {
    }

    /// <inheritdoc/>
    public void Submit(int slot, DiskRequest request)
    {
    }

    /// <inheritdoc/>
    public void Send(int slot, ReadOnlySpan<byte> frame)
    {
    }
}
