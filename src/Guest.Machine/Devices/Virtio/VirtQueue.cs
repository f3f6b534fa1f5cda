using System.Buffers.Binary;
using Guest.Machine.Memory;
using Guest.Machine.State;

namespace Guest.Machine.Devices.Virtio;

/// <summary>A split virtqueue as the device sees it (virtio 1.2, 2.7): takes requests off the available ring, gives them back by the used ring.</summary>
/// <remarks>
/// Nothing in guest memory is trusted. What the specification forbids (a loop, a chain outside RAM, an index that ran away, a table in a table)
/// breaks the device: it asks to be reset and touches nothing until then. Each word is read once.
/// </remarks>
public sealed class VirtQueue
{
    private const ushort HasNext = 1;
    private const ushort DeviceWrites = 2;
    private const ushort IsIndirect = 4;
    private const ushort NoInterrupt = 1;
    private const int DescriptorBytes = 16;
    private const int UsedBytes = 8;

    private readonly VirtioPci _device;
    private readonly GuestMemory _memory;
    private ushort _nextAvailable;
    private ushort _nextUsed;
    private ushort _signalled;

    internal VirtQueue(VirtioPci device, GuestMemory memory, int index, ushort maxSize)
    {
        _device = device;
        _memory = memory;
        Index = index;
        MaxSize = maxSize;
        Reset();
    }

    /// <summary>Its number at its device.</summary>
    public int Index { get; }

    /// <summary>The most descriptors it can have.</summary>
    public ushort MaxSize { get; }

    /// <summary>Descriptors it has: a power of two.</summary>
    public ushort Size { get; internal set; }

    /// <summary>Whether the guest has put it into use.</summary>
    public bool IsEnabled { get; internal set; }

    internal ulong Descriptors { get; set; }

    internal ulong Available { get; set; }

    internal ulong Used { get; set; }

    internal ushort Vector { get; set; }

    private bool UsesEventIndex => _device.Has(VirtioFeatures.EventIndex);

    /// <summary>Whether a request waits on the available ring.</summary>
    public bool HasMore => IsEnabled && _device.IsRunning && TryReadUInt16(Available, 2, out ushort available) && available != _nextAvailable;

    /// <summary>Takes the next request off the available ring.</summary>
    /// <param name="chain">Filled with its buffers.</param>
    /// <returns>False where there is none, or where the ring is broken.</returns>
    public bool TryPop(DescriptorChain chain)
    {
        if (!IsEnabled || !_device.IsRunning || !TryReadUInt16(Available, 2, out ushort available))
        {
            return false;
        }

        ushort waiting = unchecked((ushort)(available - _nextAvailable));
        if (waiting == 0)
        {
            return false;
        }

        if (waiting > Size || !TryReadUInt16(Available, 4 + (2UL * (uint)(_nextAvailable & (Size - 1))), out ushort head) || !TryCollect(chain, head))
        {
            _device.Break();
            return false;
        }

        _nextAvailable++;
        return !UsesEventIndex || TryWriteUInt16(Used, 4 + ((ulong)UsedBytes * Size), _nextAvailable);
    }

    /// <summary>Copies what the guest gave to the device with a request.</summary>
    /// <param name="chain">The request, just taken off the ring.</param>
    /// <param name="offset">Bytes from the start of its readable part.</param>
    /// <param name="bytes">Filled whole; the range lies within the part.</param>
    public void Read(DescriptorChain chain, ulong offset, Span<byte> bytes) => chain.Read(_memory, offset, bytes);

    /// <summary>Copies what the device has for the guest into a request.</summary>
    /// <param name="chain">The request.</param>
    /// <param name="offset">Bytes from the start of its writable part.</param>
    /// <param name="bytes">Copied whole; the range lies within the part.</param>
    /// <returns>False where the device may not access memory any longer.</returns>
    public bool Write(DescriptorChain chain, ulong offset, ReadOnlySpan<byte> bytes)
    {
        if (!_device.IsRunning || !_device.IsMaster)
        {
            _device.Break();
            return false;
        }

        chain.Write(_memory, offset, bytes);
        return true;
    }

    /// <summary>Gives a request back.</summary>
    /// <param name="chain">The request.</param>
    /// <param name="written">Bytes the device has written into it.</param>
    /// <returns>False where the ring is broken.</returns>
    public bool Push(DescriptorChain chain, uint written)
    {
        Span<byte> element = stackalloc byte[UsedBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(element, chain.Head);
        BinaryPrimitives.WriteUInt32LittleEndian(element[4..], written);
        if (!_device.IsRunning || !TryWrite(Used, 4 + ((ulong)UsedBytes * (uint)(_nextUsed & (Size - 1))), element))
        {
            return false;
        }

        _nextUsed++;
        return TryWriteUInt16(Used, 2, _nextUsed);
    }

    /// <summary>Interrupts the guest for what was pushed since the last time, where it wants to be.</summary>
    public void Signal()
    {
        ushort before = _signalled;
        _signalled = _nextUsed;
        if (before == _nextUsed || !_device.IsRunning)
        {
            return;
        }

        // The guest's word stands behind the ring as an index to wake at, or in front of it as a flag.
        ulong offset = UsesEventIndex ? 4 + (2UL * Size) : 0;
        if (TryReadUInt16(Available, offset, out ushort word)
            && (UsesEventIndex ? unchecked((ushort)(_nextUsed - word - 1) < (ushort)(_nextUsed - before)) : (word & NoInterrupt) == 0))
        {
            _device.Interrupt(this);
        }
    }

    // More requests are on the ring than it has descriptors.
    internal bool RefuseMore()
    {
        if (HasMore)
        {
            _device.Break();
        }

        return false;
    }

    internal void Reset()
    {
        Size = MaxSize;
        IsEnabled = false;
        Descriptors = 0;
        Available = 0;
        Used = 0;
        Vector = VirtioPci.NoVector;
        _nextAvailable = 0;
        _nextUsed = 0;
        _signalled = 0;
    }

    internal void Save(StateWriter writer)
    {
        writer.WriteUInt16(Size);
        writer.WriteBool(IsEnabled);
        writer.WriteUInt64(Descriptors);
        writer.WriteUInt64(Available);
        writer.WriteUInt64(Used);
        writer.WriteUInt16(Vector);
        writer.WriteUInt16(_nextAvailable);
        writer.WriteUInt16(_nextUsed);
        writer.WriteUInt16(_signalled);
    }

    internal void Restore(StateReader reader)
    {
        Size = reader.ReadUInt16();
        if (Size > MaxSize || !System.Numerics.BitOperations.IsPow2(Size))
        {
            throw reader.Damaged($"a virtqueue of {Size} descriptors");
        }

        IsEnabled = reader.ReadBool();
        Descriptors = reader.ReadUInt64();
        Available = reader.ReadUInt64();
        Used = reader.ReadUInt64();
        Vector = reader.ReadUInt16();
        if (Vector != VirtioPci.NoVector && Vector >= _device.VectorCount)
        {
            throw reader.Damaged($"a virtqueue with vector {Vector}");
        }

        _nextAvailable = reader.ReadUInt16();
        _nextUsed = reader.ReadUInt16();
        _signalled = reader.ReadUInt16();
    }

    // Follows a chain through the queue's own table, or, from its only descriptor, through a table of its own.
    private bool TryCollect(DescriptorChain chain, ushort head)
    {
        chain.Clear(head);
        if (head >= Size || !TryReadDescriptor(Descriptors, head, out Descriptor first))
        {
            return false;
        }

        if ((first.Flags & IsIndirect) == 0)
        {
            return TryFollow(chain, Descriptors, Size, first);
        }

        uint count = first.Length / DescriptorBytes;
        return _device.Has(VirtioFeatures.IndirectDescriptors)
            && (first.Flags & HasNext) == 0
            && count is > 0 and <= DescriptorChain.Longest
            && first.Length % DescriptorBytes == 0
            && TryReadDescriptor(first.Address, 0, out Descriptor inner)
            && TryFollow(chain, first.Address, (int)count, inner);
    }

    // A chain that is longer than its table runs in a circle.
    private bool TryFollow(DescriptorChain chain, ulong table, int count, Descriptor next)
    {
        while (true)
        {
            if ((next.Flags & IsIndirect) != 0 || !chain.TryAdd(_memory, next.Address, next.Length, (next.Flags & DeviceWrites) != 0))
            {
                return false;
            }

            if ((next.Flags & HasNext) == 0)
            {
                return true;
            }

            if (chain.Count == count || next.Next >= count || !TryReadDescriptor(table, next.Next, out next))
            {
                return false;
            }
        }
    }

    private bool TryReadDescriptor(ulong table, int index, out Descriptor descriptor)
    {
        Span<byte> bytes = stackalloc byte[DescriptorBytes];
        bool read = TryRead(table, (ulong)index * DescriptorBytes, bytes);
        descriptor = new Descriptor(
            BinaryPrimitives.ReadUInt64LittleEndian(bytes),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[12..]),
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[14..]));
        return read;
    }

    private bool TryReadUInt16(ulong start, ulong offset, out ushort value)
    {
        Span<byte> bytes = stackalloc byte[2];
        bool read = TryRead(start, offset, bytes);
        value = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        return read;
    }

    private bool TryWriteUInt16(ulong start, ulong offset, ushort value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, value);
        return TryWrite(start, offset, bytes);
    }

    private bool TryRead(ulong start, ulong offset, Span<byte> bytes)
    {
        if (!IsReachable(start, offset, bytes.Length))
        {
            bytes.Clear();
            _device.Break();
            return false;
        }

        _memory.Read(new GuestPhysical(start + offset), bytes);
        return true;
    }

    private bool TryWrite(ulong start, ulong offset, ReadOnlySpan<byte> bytes)
    {
        if (!IsReachable(start, offset, bytes.Length))
        {
            _device.Break();
            return false;
        }

        _memory.Write(new GuestPhysical(start + offset), bytes);
        return true;
    }

    private bool IsReachable(ulong start, ulong offset, int length) =>
        unchecked(start + offset) >= start && _device.IsMaster && _memory.Contains(new GuestPhysical(start + offset), (ulong)length);

    private readonly record struct Descriptor(ulong Address, uint Length, ushort Flags, ushort Next);
}
