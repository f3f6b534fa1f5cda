using System.Buffers.Binary;
using Guest.Machine.Board;
using Guest.Machine.Devices.Virtio;
using Guest.Machine.Memory;
using Guest.Machine.State;

namespace Guest.Machine.Tests.Devices.Virtio;

/// <summary>A board with one device on its PCI bus, and what a guest's driver does with it: registers by memory accesses, rings in RAM.</summary>
public sealed class VirtioGuest : IDisposable
{
    public const int Slot = 1;
    public const ulong MemoryBytes = 4 << 20;
    public const byte QueueVector = 0x61;
    public const byte ConfigurationVector = 0x62;

    /// <summary>Where buffers can be put: behind the rings.</summary>
    public const ulong Buffers = 0x10_0000;

    private const ulong Registers = 0xE011_0000;
    private const ulong Messages = 0xE011_4000;
    private const ulong Rings = 0x8000;
    private const ulong RingBytes = 0x8000;
    private const ushort Indirect = 4;

    private readonly ushort[] _added = new ushort[8];
    private readonly ushort[] _taken = new ushort[8];
    private readonly int[] _nextDescriptor = new int[8];

    public VirtioGuest(PciDeviceDescription description)
    {
        Memory = new GuestMemory(MemoryBytes);
        Board = new TestBoard(pci: new PciSetup([description], Memory, BackEnds));
        Board.ApicWrite(0xF0, 0x1FF);
    }

    public GuestMemory Memory { get; }

    public TestBackEnds BackEnds { get; } = new();

    public TestBoard Board { get; }

    public VirtioPci Transport => (VirtioPci)Board.Board.PciFunctions[0];

    public VirtioStatus Status => (VirtioStatus)Read(0x14, 1);

    public ulong Read(uint offset, int size) => ReadAt(Registers + offset, size);

    public void Write(uint offset, int size, ulong value) => WriteAt(Registers + offset, size, value);

    public ulong ReadAt(ulong address, int size) => Board.Board.Mmio.Read(Board.Apic, new GuestPhysical(address), size);

    public void WriteAt(ulong address, int size, ulong value) => Board.Board.Mmio.Write(Board.Apic, new GuestPhysical(address), size, value);

    public uint ReadPci(int offset, int size)
    {
        Board.Board.Ports.Write(0xCF8, 4, 0x8000_0000u | (Slot << 11) | (uint)(offset & 0xFC));
        return Board.Board.Ports.Read((ushort)(0xCFC + (offset & 3)), size);
    }

    public void WritePci(int offset, int size, uint value)
    {
        Board.Board.Ports.Write(0xCF8, 4, 0x8000_0000u | (Slot << 11) | (uint)(offset & 0xFC));
        Board.Board.Ports.Write((ushort)(0xCFC + (offset & 3)), size, value);
    }

    /// <summary>The offsets of the function's capabilities with that number.</summary>
    public IEnumerable<int> Capabilities(byte id)
    {
        for (int at = (int)ReadPci(0x34, 1); at != 0; at = (int)ReadPci(at + 1, 1))
        {
            if (ReadPci(at, 1) == id)
            {
                yield return at;
            }
        }
    }

    /// <summary>Does what a driver does: masters the bus, agrees on features, sets the queues up, is ready.</summary>
    public void Start(ulong features = VirtioFeatures.Version1, bool messages = true, int queueSize = 8)
    {
        WritePci(0x04, 2, 0x0006);
        if (messages)
        {
            UseMessages();
        }

        Write(0x14, 1, 0);
        Write(0x14, 1, 3);
        WriteFeatures(features);
        Write(0x14, 1, 0x0B);
        Write(0x10, 2, 0);
        for (ushort queue = 0; queue < Transport.Queues.Length; queue++)
        {
            SetUp(queue, queueSize);
        }

        Write(0x14, 1, 0x0F);
    }

    public void WriteFeatures(ulong features)
    {
        Write(0x08, 4, 0);
        Write(0x0C, 4, (uint)features);
        Write(0x08, 4, 1);
        Write(0x0C, 4, features >> 32);
    }

    /// <summary>Vector 0 for the configuration, vector 1 for every queue, open.</summary>
    public void UseMessages()
    {
        int capability = Capabilities(0x11).Single();
        WritePci(capability + 2, 2, 0x8000);
        foreach ((uint entry, byte vector) in new[] { (0u, ConfigurationVector), (1u, QueueVector) })
        {
            WriteAt(Messages + (16 * entry), 8, 0xFEE0_0000);
            WriteAt(Messages + (16 * entry) + 8, 4, vector);
            WriteAt(Messages + (16 * entry) + 12, 4, 0);
        }
    }

    public void SetUp(ushort queue, int size)
    {
        _added[queue] = 0;
        _taken[queue] = 0;
        _nextDescriptor[queue] = 0;
        Memory.Write(new GuestPhysical(RingOf(queue)), new byte[RingBytes]);
        Write(0x16, 2, queue);
        Write(0x18, 2, (ulong)size);
        Write(0x1A, 2, 1);
        Write(0x20, 8, DescriptorsOf(queue));
        Write(0x28, 8, AvailableOf(queue));
        Write(0x30, 8, UsedOf(queue));
        Write(0x1C, 2, 1);
    }

    public static ulong DescriptorsOf(int queue) => RingOf(queue);

    public static ulong AvailableOf(int queue) => RingOf(queue) + 0x4000;

    public static ulong UsedOf(int queue) => RingOf(queue) + 0x6000;

    /// <summary>Writes a descriptor of the queue's own table.</summary>
    public void Describe(int queue, int index, ulong address, uint length, int flags, int next = 0) =>
        DescribeAt(DescriptorsOf(queue) + (16 * (ulong)index), address, length, flags, next);

    public void DescribeAt(ulong at, ulong address, uint length, int flags, int next)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, address);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], length);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[12..], (ushort)flags);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[14..], (ushort)next);
        Memory.Write(new GuestPhysical(at), bytes);
    }

    /// <summary>Puts a request of some buffers into a queue, without notifying it.</summary>
    /// <returns>The number of its first descriptor.</returns>
    public int Add(int queue, params (ulong Address, uint Length, bool Writable)[] buffers)
    {
        int size = Transport.Queues[queue].Size;
        int first = _nextDescriptor[queue];
        for (int i = 0; i < buffers.Length; i++)
        {
            int flags = (buffers[i].Writable ? 2 : 0) | (i + 1 < buffers.Length ? 1 : 0);
            Describe(queue, (first + i) % size, buffers[i].Address, buffers[i].Length, flags, (first + i + 1) % size);
        }

        _nextDescriptor[queue] = (first + buffers.Length) % size;
        Offer(queue, first);
        return first;
    }

    /// <summary>Puts a request that stands in a table of its own into a queue.</summary>
    public int AddIndirect(int queue, ulong table, params (ulong Address, uint Length, bool Writable)[] buffers)
    {
        for (int i = 0; i < buffers.Length; i++)
        {
            int flags = (buffers[i].Writable ? 2 : 0) | (i + 1 < buffers.Length ? 1 : 0);
            DescribeAt(table + (16 * (ulong)i), buffers[i].Address, buffers[i].Length, flags, i + 1);
        }

        int first = _nextDescriptor[queue];
        Describe(queue, first, table, (uint)buffers.Length * 16, Indirect);
        _nextDescriptor[queue] = (first + 1) % Transport.Queues[queue].Size;
        Offer(queue, first);
        return first;
    }

    /// <summary>Puts a chain's first descriptor on the available ring.</summary>
    public void Offer(int queue, int head)
    {
        WriteUInt16(AvailableOf(queue) + 4 + (2 * (ulong)(_added[queue] % Transport.Queues[queue].Size)), (ushort)head);
        _added[queue]++;
        WriteUInt16(AvailableOf(queue) + 2, _added[queue]);
    }

    public void Notify(int queue) => Write(0x3000 + (4 * (uint)queue), 2, (ulong)queue);

    /// <summary>The next element of the used ring; null where there is none.</summary>
    public (uint Head, uint Written)? TakeUsed(int queue)
    {
        if (ReadUInt16(UsedOf(queue) + 2) == _taken[queue])
        {
            return null;
        }

        ulong element = UsedOf(queue) + 4 + (8 * (ulong)(_taken[queue]++ % Transport.Queues[queue].Size));
        return ((uint)ReadUInt16(element), (uint)(ReadUInt16(element + 4) | (ReadUInt16(element + 6) << 16)));
    }

    /// <summary>The vector of the interrupt that waits, accepted and ended; 0 for none.</summary>
    public byte TakeInterrupt()
    {
        if (!Board.Apic.HasInterrupt)
        {
            return 0;
        }

        byte vector = Board.Apic.Acknowledge();
        Board.ApicWrite(0xB0, 0);
        return vector;
    }

    public byte[] Bytes(ulong address, int count)
    {
        byte[] bytes = new byte[count];
        Memory.Read(new GuestPhysical(address), bytes);
        return bytes;
    }

    public ushort ReadUInt16(ulong address) => BinaryPrimitives.ReadUInt16LittleEndian(Bytes(address, 2));

    public void WriteUInt16(ulong address, ushort value) => Memory.Write(new GuestPhysical(address), [(byte)value, (byte)(value >> 8)]);

    /// <summary>What the device alone saves.</summary>
    public byte[] DeviceState()
    {
        var writer = new StateWriter();
        Transport.Save(writer);
        return writer.Written.ToArray();
    }

    /// <summary>Saves the board and restores it into one of its own.</summary>
    public VirtioGuest Restored(PciDeviceDescription description)
    {
        var other = new VirtioGuest(description);
        byte[] page = new byte[0x1000];
        for (ulong at = 0; at < MemoryBytes; at += 0x1000)
        {
            Memory.Read(new GuestPhysical(at), page);
            other.Memory.Write(new GuestPhysical(at), page);
        }

        other.Board.Restore(Board.State(), Board.Now);
        _added.CopyTo(other._added, 0);
        _taken.CopyTo(other._taken, 0);
        _nextDescriptor.CopyTo(other._nextDescriptor, 0);
        return other;
    }

    public void Dispose() => Memory.Dispose();

    private static ulong RingOf(int queue) => Rings + (RingBytes * (ulong)queue);
}
