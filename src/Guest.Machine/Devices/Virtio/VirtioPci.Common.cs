namespace Guest.Machine.Devices.Virtio;

/// <content>The common registers (virtio 1.2, 4.1.4.3). Fields are accessed whole, 64-bit ones by halves; other writes are ignored.</content>
public sealed partial class VirtioPci
{
    private const VirtioStatus DriverBits =
        VirtioStatus.Acknowledge | VirtioStatus.Driver | VirtioStatus.DriverOk | VirtioStatus.FeaturesOk | VirtioStatus.Failed;

    private uint _deviceFeatureSelect;
    private uint _driverFeatureSelect;
    private ulong _driverFeatures;
    private ushort _configurationVector = NoVector;
    private byte _generation;
    private ushort _queueSelect;

    private ulong OfferedFeatures => _device.Features | VirtioFeatures.Common;

    private VirtQueue? Selected => _queueSelect < Queues.Length ? Queues[_queueSelect] : null;

    private ulong ReadCommon(uint offset, int size) => (offset, size) switch
    {
        (0x00, 4) => _deviceFeatureSelect,
        (0x04, 4) => Half(OfferedFeatures, _deviceFeatureSelect),
        (0x08, 4) => _driverFeatureSelect,
        (0x0C, 4) => Half(_driverFeatures, _driverFeatureSelect),
        (0x10, 2) => _configurationVector,
        (0x12, 2) => (ulong)Queues.Length,
        (0x14, 1) => (ulong)Status,
        (0x15, 1) => _generation,
        (0x16, 2) => _queueSelect,
        _ => Selected is { } queue ? ReadQueue(queue, offset, size) : 0,
    };

    private static ulong ReadQueue(VirtQueue queue, uint offset, int size) => (offset, size) switch
    {
        (0x18, 2) => queue.Size,
        (0x1A, 2) => queue.Vector,
        (0x1C, 2) => queue.IsEnabled ? 1u : 0u,
        (0x1E, 2) => (ulong)queue.Index,
        (0x20 or 0x24, 4) => Half(queue.Descriptors, (offset >> 2) & 1),
        (0x28 or 0x2C, 4) => Half(queue.Available, (offset >> 2) & 1),
        (0x30 or 0x34, 4) => Half(queue.Used, (offset >> 2) & 1),
        (0x20, 8) => queue.Descriptors,
        (0x28, 8) => queue.Available,
        (0x30, 8) => queue.Used,
        (0x38, 2) => (ulong)queue.Index,
        _ => 0,
    };

    private void WriteCommon(uint offset, int size, ulong value)
    {
        switch ((offset, size))
        {
            case (0x00, 4): _deviceFeatureSelect = (uint)value; break;
            case (0x08, 4): _driverFeatureSelect = (uint)value; break;
            case (0x0C, 4): AcceptFeatures((uint)value); break;
            case (0x10, 2): _configurationVector = VectorOf(value); break;
            case (0x14, 1): WriteStatus((VirtioStatus)value); break;
            case (0x16, 2): _queueSelect = (ushort)value; break;
            case (0x1A, 2) when Selected is { } queue: queue.Vector = VectorOf(value); break;
            case ( >= 0x18, _) when Selected is { IsEnabled: false } queue: WriteQueue(queue, offset, size, value); break;
            default: break;
        }
    }

    // What a queue is may be said until it is enabled.
    private static void WriteQueue(VirtQueue queue, uint offset, int size, ulong value)
    {
        switch ((offset, size))
        {
            case (0x18, 2): queue.Size = IsSize(queue, value) ? (ushort)value : queue.Size; break;
            case (0x1C, 2): queue.IsEnabled = value == 1; break;
            case (0x20 or 0x24, 4): queue.Descriptors = WithHalf(queue.Descriptors, (offset >> 2) & 1, value) & ~15ul; break;
            case (0x28 or 0x2C, 4): queue.Available = WithHalf(queue.Available, (offset >> 2) & 1, value) & ~1ul; break;
            case (0x30 or 0x34, 4): queue.Used = WithHalf(queue.Used, (offset >> 2) & 1, value) & ~3ul; break;
            case (0x20, 8): queue.Descriptors = value & ~15ul; break;
            case (0x28, 8): queue.Available = value & ~1ul; break;
            case (0x30, 8): queue.Used = value & ~3ul; break;
            default: break;
        }
    }

    private static bool IsSize(VirtQueue queue, ulong value) => value <= queue.MaxSize && System.Numerics.BitOperations.IsPow2(value);

    private static ulong Half(ulong value, uint select) => select switch
    {
        0 => (uint)value,
        1 => value >> 32,
        _ => 0,
    };

    private static ulong WithHalf(ulong old, uint select, ulong value) =>
        select == 0 ? (old & 0xFFFF_FFFF_0000_0000) | (uint)value : (old & 0xFFFF_FFFF) | (value << 32);

    private ushort VectorOf(ulong value) => value < (ulong)_messages.Count ? (ushort)value : NoVector;

    private void AcceptFeatures(uint value)
    {
        if (_driverFeatureSelect <= 1 && (Status & VirtioStatus.FeaturesOk) == 0)
        {
            _driverFeatures = WithHalf(_driverFeatures, _driverFeatureSelect, value);
        }
    }

    // Zero resets. The device refuses features it did not offer, and any driver older than virtio 1, by leaving FEATURES_OK clear.
    private void WriteStatus(VirtioStatus value)
    {
        if (value == VirtioStatus.None)
        {
            Reset();
            return;
        }

        bool agrees = (_driverFeatures & ~OfferedFeatures) == 0 && Has(VirtioFeatures.Version1);
        VirtioStatus taken = value & DriverBits;
        if (((taken & ~Status) & VirtioStatus.FeaturesOk) != 0 && !agrees)
        {
            taken &= ~VirtioStatus.FeaturesOk;
        }

        // A driver that starts without agreed features is not served.
        if ((taken & VirtioStatus.FeaturesOk) == 0)
        {
            taken &= ~VirtioStatus.DriverOk;
        }

        bool wasRunning = IsRunning;
        Status = (Status & VirtioStatus.NeedsReset) | taken;
        if (!wasRunning && IsRunning)
        {
            ServeWhatWaits();
        }
    }

    // A driver may have filled its queues before it was ready.
    private void ServeWhatWaits()
    {
        for (uint queue = 0; queue < Queues.Length; queue++)
        {
            Notify(queue);
        }
    }

    private void Reset()
    {
        Status = VirtioStatus.None;
        _deviceFeatureSelect = 0;
        _driverFeatureSelect = 0;
        _driverFeatures = 0;
        _configurationVector = NoVector;
        _queueSelect = 0;
        foreach (VirtQueue queue in Queues)
        {
            queue.Reset();
        }

        _interrupts = 0;
        _pins.Update(Slot);
        _device.Reset();
    }
}
