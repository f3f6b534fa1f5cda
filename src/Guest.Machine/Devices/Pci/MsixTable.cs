using System.Buffers.Binary;
using Guest.Machine.Devices.Apic;
using Guest.Machine.State;

namespace Guest.Machine.Devices.Pci;

/// <summary>A function's message-signalled interrupts: vector table and pending bits (PCI 3.0, 6.8.2).</summary>
/// <remarks>A message is delivered by its address and data (Intel SDM 3A, 11.11); one that addresses no local APIC is lost (docs/limits.md).</remarks>
public sealed class MsixTable
{
    /// <summary>Where the pending bits begin in the range that holds both.</summary>
    public const uint PendingOffset = 0x800;

    /// <summary>Bytes of that range.</summary>
    public const uint RangeSize = 0x1000;

    /// <summary>The most vectors: their pending bits are one word.</summary>
    public const int MaxVectors = 64;

    private const int EntryBytes = 16;
    private const int ControlOffset = 12;
    private const byte Masked = 1;
    private const ulong ApicRange = 0xFEE0_0000;

    private readonly InterruptRouter _router;
    private readonly byte[] _entries;
    private readonly int _count;
    private ulong _pending;

    /// <summary>Creates a table with every vector masked.</summary>
    /// <param name="count">Vectors, at most <see cref="MaxVectors"/>.</param>
    /// <param name="router">Delivers the messages.</param>
    public MsixTable(int count, InterruptRouter router)
    {
        _count = count;
        _router = router;
        _entries = new byte[count * EntryBytes];
        Reset();
    }

    /// <summary>Number of vectors.</summary>
    public int Count => _count;

    /// <summary>Whether messages are used at all, and whether all are masked: the function's message control register.</summary>
    public (bool Enabled, bool Masked) Control
    {
        get;
        set
        {
            field = value;
            DeliverPending();
        }
    }

    /// <summary>Sends a vector's message, or remembers it while it is masked.</summary>
    public void Fire(int vector)
    {
        if (Control.Masked || (_entries[(vector * EntryBytes) + ControlOffset] & Masked) != 0)
        {
            _pending |= 1UL << vector;
            return;
        }

        Deliver(_entries.AsSpan(vector * EntryBytes, EntryBytes));
    }

    /// <summary>Reads table or pending bits.</summary>
    public ulong Read(uint offset, int size)
    {
        Span<byte> bytes = stackalloc byte[8];
        bytes.Clear();
        for (int i = 0; i < size; i++)
        {
            bytes[i] = ByteAt((int)offset + i);
        }

        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    /// <summary>Writes the table, by whole double words; the pending bits cannot be written.</summary>
    public void Write(uint offset, int size, ulong value)
    {
        if (size < 4 || (offset & (uint)(size - 1)) != 0 || offset + (uint)size > _entries.Length)
        {
            return;
        }

        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        bytes[..size].CopyTo(_entries.AsSpan((int)offset));
        _entries[((int)offset & ~(EntryBytes - 1)) + ControlOffset] &= Masked;
        _entries.AsSpan(((int)offset & ~(EntryBytes - 1)) + ControlOffset + 1, 3).Clear();
        DeliverPending();
    }

    /// <summary>Forgets everything, as a reset of the function does.</summary>
    public void Reset()
    {
        _pending = 0;
        Array.Clear(_entries);
        for (int vector = 0; vector < _count; vector++)
        {
            _entries[(vector * EntryBytes) + ControlOffset] = Masked;
        }
    }

    /// <summary>Writes the state; the control register belongs to the function.</summary>
    public void Save(StateWriter writer)
    {
        writer.WriteBytes(_entries);
        writer.WriteUInt64(_pending);
    }

    /// <summary>Takes over a state, with the control register as the function has restored it; delivers nothing.</summary>
    public void Restore(StateReader reader, (bool Enabled, bool Masked) control)
    {
        _pending = 0;
        Control = control;
        reader.ReadBytes(_entries);
        for (int vector = 0; vector < _count; vector++)
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(_entries.AsSpan((vector * EntryBytes) + ControlOffset)) > Masked)
            {
                throw reader.Damaged("a vector of an MSI-X table has reserved bits");
            }
        }

        ulong pending = reader.ReadUInt64();
        _pending = _count == MaxVectors || pending >> _count == 0 ? pending : throw reader.Damaged("a pending bit of an MSI-X table has no vector");
    }

    private byte ByteAt(int offset)
    {
        int pending = offset - (int)PendingOffset;
        return offset < _entries.Length ? _entries[offset]
            : pending is >= 0 and < 8 ? (byte)(_pending >> (8 * pending))
            : (byte)0;
    }

    private void DeliverPending()
    {
        for (int vector = 0; _pending >> vector != 0 && vector < _count && Control is { Enabled: true, Masked: false }; vector++)
        {
            ReadOnlySpan<byte> entry = _entries.AsSpan(vector * EntryBytes, EntryBytes);
            if ((_pending >> vector & 1) != 0 && (entry[ControlOffset] & Masked) == 0)
            {
                _pending &= ~(1UL << vector);
                Deliver(entry);
            }
        }
    }

    private void Deliver(ReadOnlySpan<byte> entry)
    {
        ulong address = BinaryPrimitives.ReadUInt64LittleEndian(entry);
        uint data = BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]);
        var mode = (DeliveryMode)((data >> 8) & 7);
        if ((address & ~0xF_FFFFul) == ApicRange && mode is DeliveryMode.Fixed or DeliveryMode.LowestPriority or DeliveryMode.Nmi)
        {
            uint destination = InterruptRouter.WidenDestination((byte)(address >> 12));
            _router.Deliver(new InterruptMessage((byte)data, mode, destination, Logical: (address & 4) != 0, LevelTriggered: false));
        }
    }
}
