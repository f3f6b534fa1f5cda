using Guest.Machine.Devices.Block;

namespace Guest.Machine.Devices;

/// <summary>What stands behind the devices: it takes what they send, and what it has for them arrives as inputs. It never sees guest memory.</summary>
/// <remarks>Called on the machine's own thread while an instruction executes; nothing here may wait, throw, or call the machine.</remarks>
public interface IBackEnds
{
    /// <summary>A device wants an input, or has room again for one.</summary>
    /// <param name="slot">The device's slot.</param>
    void Ready(int slot);

    /// <summary>A guest asks something of a disk.</summary>
    /// <param name="slot">The device's slot.</param>
    /// <param name="request">The request; it does not change.</param>
    void Submit(int slot, DiskRequest request);

    /// <summary>A guest has sent a frame.</summary>
    /// <param name="slot">The device's slot.</param>
    /// <param name="frame">The frame; borrowed.</param>
    void Send(int slot, ReadOnlySpan<byte> frame);
}
