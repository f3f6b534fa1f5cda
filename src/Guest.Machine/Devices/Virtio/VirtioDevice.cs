using System.Collections.Immutable;
using Guest.Machine.State;

namespace Guest.Machine.Devices.Virtio;

/// <summary>A kind of virtio device: what it offers, what it does when the guest notifies a queue. The transport around it is <see cref="VirtioPci"/>.</summary>
public abstract class VirtioDevice
{
    private VirtioPci? _transport;

    /// <summary>The number of the kind (virtio 1.2, chapter 5).</summary>
    public abstract ushort Type { get; }

    /// <summary>PCI class code, for inventories: drivers go by the kind.</summary>
    public abstract uint PciClass { get; }

    /// <summary>The features of the kind that are offered.</summary>
    public abstract ulong Features { get; }

    /// <summary>The most descriptors of each queue.</summary>
    public abstract ImmutableArray<ushort> QueueSizes { get; }

    /// <summary>Bytes of the configuration that the kind defines.</summary>
    public virtual int ConfigurationSize => 0;

    /// <summary>The running hash of what left the machine through the device; null where nothing does.</summary>
    public virtual OutputChain? Output => null;

    /// <summary>The transport the device is on.</summary>
    protected VirtioPci Transport => _transport ?? throw new InvalidOperationException("the device is on no bus");

    /// <summary>The slot by which inputs and outputs of the device are named.</summary>
    protected int Slot => Transport.Slot;

    /// <summary>The guest has put requests into a queue.</summary>
    public abstract void Notified(int queue);

    /// <summary>The device is reset: it forgets the requests it holds.</summary>
    public abstract void Reset();

    /// <summary>Writes the state that the device has beside its queues.</summary>
    public abstract void Save(StateWriter writer);

    /// <summary>Takes over what <see cref="Save"/> wrote.</summary>
    public abstract void Restore(StateReader reader);

    /// <summary>Fills in the configuration, as long as <see cref="ConfigurationSize"/>.</summary>
    public virtual void ReadConfiguration(Span<byte> bytes)
    {
    }

    /// <summary>The guest has written to the configuration.</summary>
    /// <param name="offset">Where; the bytes lie within it.</param>
    /// <param name="bytes">What.</param>
    public virtual void WriteConfiguration(int offset, ReadOnlySpan<byte> bytes)
    {
    }

    internal void Attach(VirtioPci transport) => _transport = transport;

    /// <summary>One of the device's queues.</summary>
    protected VirtQueue Queue(int index) => Transport.Queues[index];
}
