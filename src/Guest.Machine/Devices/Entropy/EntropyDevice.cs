using System.Collections.Immutable;
using Guest.Machine.Devices.Virtio;
using Guest.Machine.State;

namespace Guest.Machine.Devices.Entropy;

/// <summary>The virtio entropy device (virtio 1.2, 5.4): the guest offers buffers, an input fills the oldest one.</summary>
public sealed class EntropyDevice : VirtioDevice
{
    /// <summary>The most bytes that one request gets: a guest that offers more asks again.</summary>
    public const int MostBytes = 256;

    private const ushort QueueSize = 64;

    private readonly IBackEnds _backEnds;
    private readonly ChainQueue _held = new(QueueSize);

    /// <summary>Creates the device.</summary>
    public EntropyDevice(IBackEnds backEnds) => _backEnds = backEnds;

    /// <inheritdoc/>
    public override ushort Type => 4;

    /// <inheritdoc/>
    public override uint PciClass => 0x10_80_00;

    /// <inheritdoc/>
    public override ulong Features => 0;

    /// <inheritdoc/>
    public override ImmutableArray<ushort> QueueSizes { get; } = [QueueSize];

    /// <summary>Bytes that the guest waits for in the oldest request; 0 where it waits for none.</summary>
    public int Wanted => Transport.IsRunning && _held.Count > 0 ? (int)Math.Min(_held.Oldest.WritableBytes, MostBytes) : 0;

    /// <inheritdoc/>
    public override void Notified(int queue)
    {
        while (_held.TryTake(Queue(0)))
        {
            if (_held.Newest.WritableBytes == 0)
            {
                Transport.Break();
                return;
            }
        }

        if (Wanted > 0)
        {
            _backEnds.Ready(Slot);
        }
    }

    /// <summary>Input: entropy for the oldest request.</summary>
    /// <returns>False where the guest does not wait for that many.</returns>
    public bool Receive(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || bytes.Length > Wanted)
        {
            return false;
        }

        DescriptorChain chain = _held.Oldest;
        if (Queue(0).Write(chain, 0, bytes) && Queue(0).Push(chain, (uint)bytes.Length))
        {
            _held.Drop();
            Queue(0).Signal();
        }

        return true;
    }

    /// <inheritdoc/>
    public override void Reset() => _held.Clear();

    /// <inheritdoc/>
    public override void Save(StateWriter writer) => _held.Save(writer);

    /// <inheritdoc/>
    public override void Restore(StateReader reader) => _held.Restore(reader, Transport.Memory);
}
