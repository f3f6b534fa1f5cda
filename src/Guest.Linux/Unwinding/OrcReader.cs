using System.Buffers.Binary;
using Guest.Linux.Memory;
using Guest.Linux.Modules;
using Guest.Linux.Types;
using Guest.Machine;

namespace Guest.Linux.Unwinding;

/// <summary>Reads the tables by which the kernel itself finds its callers (CONFIG_UNWINDER_ORC; Documentation/arch/x86/orc-unwinder.rst).</summary>
/// <remarks>Two layouts: up to 6.3 a frame's type has two bits and there is a bit for the outermost one; from 6.4 on the type has three.</remarks>
/// <param name="kernel">The kernel.</param>
public sealed class OrcReader(LinuxKernel kernel)
{
    private const int EntryBytes = 6, PlaceBytes = 4, Offsets = 4, OldTypeBits = 2;
    private const ulong MostEntries = 4_000_000;

    /// <summary>The rows of the kernel's own code in the order of addresses; none where it has none.</summary>
    /// <exception cref="ReplayKitException">RK0602, RK0603: the kernel's types are not known, or not these.</exception>
    public IReadOnlyList<OrcRow> Kernel() => OwnTables() is { } own ? Read(own.Places, own.Entries, own.Count) : [];

    /// <summary>The rows of a module's code; none where it has none, or they cannot be read.</summary>
    /// <exception cref="ReplayKitException">RK0602, RK0603, as for <see cref="Kernel"/>.</exception>
    public IReadOnlyList<OrcRow> Of(KernelModule module)
    {
        (ulong places, ulong entries, ulong count) = TablesOf(module);
        return Read(places, entries, count);
    }

    private (ulong Places, ulong Entries, ulong Count) TablesOf(KernelModule module)
    {
        bool read = true;
        ulong count = kernel.Memory.Read(module.Address.Value, kernel.Types.Field("module", "arch.num_orcs"), ref read);
        ulong places = kernel.Memory.Read(module.Address.Value, kernel.Types.Field("module", "arch.orc_unwind_ip"), ref read);
        ulong entries = kernel.Memory.Read(module.Address.Value, kernel.Types.Field("module", "arch.orc_unwind"), ref read);
        return read ? (places, entries, count) : default;
    }

    /// <summary>The row of the instruction at an address of the kernel or of a module, without reading the others; null where there is none.</summary>
    /// <exception cref="ReplayKitException">RK0602, RK0603, as for <see cref="Kernel"/>.</exception>
    public OrcRow? At(ulong address)
    {
        if (OwnTables() is { } own && IsWithin("_stext", "_etext", address))
        {
            return Find(own.Places, own.Entries, own.Count, address);
        }

        if (kernel.Modules.At(new GuestVirtual(address)) is not { } module)
        {
            return null;
        }

        (ulong places, ulong entries, ulong count) = TablesOf(module);
        return Find(places, entries, count, address);
    }

    private (ulong Places, ulong Entries, ulong Count)? OwnTables() =>
        PlaceOf("__start_orc_unwind_ip") is { } places && PlaceOf("__stop_orc_unwind_ip") is { } end && PlaceOf("__start_orc_unwind") is { } entries && end >= places
            ? (places, entries, (end - places) / PlaceBytes)
            : null;

    private ulong? PlaceOf(string symbol) => kernel.Symbols.Find(symbol)?.Address.Value;

    private bool IsWithin(string start, string end, ulong address) => PlaceOf(start) is { } first && PlaceOf(end) is { } last && address - first < last - first;

    // The last row that begins at the address or before it.
    private OrcRow? Find(ulong places, ulong entries, ulong count, ulong address)
    {
        byte[] entry = new byte[EntryBytes];
        return SortedAddresses.CountUpTo((long)Math.Min(count, MostEntries), address, i => AddressAt(places, (ulong)i)) is > 0 and var rows
            && kernel.Types.SizeOf("orc_entry") == EntryBytes && kernel.Memory.TryRead(new GuestVirtual(entries + ((ulong)(rows - 1) * EntryBytes)), entry)
            ? Row(AddressAt(places, (ulong)(rows - 1)).GetValueOrDefault(), entry, FrameOf())
            : null;
    }

    private ulong? AddressAt(ulong places, ulong index)
    {
        ulong at = unchecked(places + (index * PlaceBytes));
        return VirtualMemoryReads.TryRead(kernel.Memory, new GuestVirtual(at), out uint offset) ? unchecked(at + (ulong)(int)offset) : null;
    }

    private List<OrcRow> Read(ulong places, ulong entries, ulong count)
    {
        if (count is 0 or > MostEntries || kernel.Types.SizeOf("orc_entry") != EntryBytes)
        {
            return [];
        }

        byte[] placeBytes = new byte[count * PlaceBytes];
        byte[] entryBytes = new byte[count * EntryBytes];
        if (!kernel.Memory.TryRead(new GuestVirtual(places), placeBytes) || !kernel.Memory.TryRead(new GuestVirtual(entries), entryBytes))
        {
            return [];
        }

        Func<ushort, OrcFrame> frame = FrameOf();
        List<OrcRow> rows = new((int)count);
        for (int i = 0; i < (int)count; i++)
        {
            ulong address = unchecked(places + (ulong)(i * PlaceBytes) + (ulong)BinaryPrimitives.ReadInt32LittleEndian(placeBytes.AsSpan(i * PlaceBytes)));
            rows.Add(Row(address, entryBytes.AsSpan(i * EntryBytes, EntryBytes), frame));
        }

        // A module's tables are in order once it is loaded.
        return rows.Zip(rows.Skip(1)).All(pair => pair.First.Address <= pair.Second.Address) ? rows : [];
    }

    private static OrcRow Row(ulong address, ReadOnlySpan<byte> entry, Func<ushort, OrcFrame> frame)
    {
        ushort bits = BinaryPrimitives.ReadUInt16LittleEndian(entry[Offsets..]);
        OrcBase stack = (OrcBase)(bits & 15);
        return new OrcRow(
            address,
            stack == OrcBase.Undefined ? OrcFrame.None : frame(bits),
            stack,
            BinaryPrimitives.ReadInt16LittleEndian(entry),
            (OrcBase)((bits >> 4) & 15),
            BinaryPrimitives.ReadInt16LittleEndian(entry[2..]));
    }

    private Func<ushort, OrcFrame> FrameOf()
    {
        KernelField type = kernel.Types.Field("orc_entry", "type");
        int shift = ((type.Offset - Offsets) * 8) + type.BitOffset;
        int mask = (1 << type.BitSize) - 1;
        OrcFrame[] frames = type.BitSize == OldTypeBits
            ? [OrcFrame.Call, OrcFrame.Registers, OrcFrame.Interrupt, OrcFrame.None]
            : [OrcFrame.None, OrcFrame.None, OrcFrame.Call, OrcFrame.Registers, OrcFrame.Interrupt, OrcFrame.None, OrcFrame.None, OrcFrame.None];
        if (!kernel.Types.TryField("orc_entry", "end", out KernelField end))
        {
            return bits => frames[(bits >> shift) & mask];
        }

        int outermost = 1 << (((end.Offset - Offsets) * 8) + end.BitOffset);
        return bits => (bits & outermost) != 0 ? OrcFrame.None : frames[(bits >> shift) & mask];
    }
}
