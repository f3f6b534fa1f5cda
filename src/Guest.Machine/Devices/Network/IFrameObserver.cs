namespace Guest.Machine.Devices.Network;

/// <summary>Sees the frames that pass a network device, where the machine stands: the same ones at the same positions in every replay.</summary>
/// <remarks>Called on the machine's own thread; it may neither wait nor throw. The bytes are borrowed for the call.</remarks>
public interface IFrameObserver
{
    /// <summary>The guest has sent a frame.</summary>
    /// <param name="slot">The device's slot.</param>
    /// <param name="frame">The frame from its destination address on, without checksum.</param>
    void Sent(int slot, ReadOnlySpan<byte> frame);

    /// <summary>The device has taken a frame for the guest.</summary>
    /// <param name="slot">The device's slot.</param>
    /// <param name="frame">The frame from its destination address on, without checksum.</param>
    void Received(int slot, ReadOnlySpan<byte> frame);
}
