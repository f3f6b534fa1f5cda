using System.Buffers.Binary;
using System.Text;
using Guest.Machine;
using Guest.Machine.Memory;
using Guest.Machine.X86;

namespace Guest.Linux.Tests.Crafted;

/// <summary>A machine whose memory holds just what a Linux kernel would leave there: page tables, an image with symbols and types, and objects made one by one.</summary>
internal sealed class CraftedKernel : IDisposable
{
    public const ulong DirectMap = 0xFFFF_9A3C_8000_0000;
    public const ulong ImageStart = 0xFFFF_FFFF_9A40_0000;
    public const ulong ImagePhysical = 0x120_0000;
    private const ulong ImageBytes = 4 << 20;
    private const ulong TableStart = 0x10_0000;

    // Inside the image: variables first, then code, symbol table, types.
    private const ulong Variables = 0x1000;
    private const ulong Code = 0x10_0000;
    private const ulong SymbolTable = 0x20_0000;
    private const ulong TypeTable = 0x30_0000;

    private readonly List<(ulong Address, char Type, string Name)> _symbols = [];
    private ulong _nextVariable = ImageStart + Variables;
    private ulong _nextObject = 0x180_0000;
    private ulong _nextTable = TableStart + 0x1000;

    public CraftedKernel(CraftedTypes types, KallsymsLayout layout = KallsymsLayout.AddressesLast)
    {
        Types = types;
        Layout = layout;
        Memory = new GuestMemory(32 << 20);
        Vcpu = new Vcpu(0, Memory, new NoBus(), CpuModels.Create("x86-64-v2", 1));
        Vcpu.State.Cr0 = 0x8005_0033;
        Vcpu.State.Cr4 = 0x20;
        Vcpu.State.Efer = 0xD01;
        Vcpu.State.Cr3 = TableStart;
        for (ulong offset = 0; offset < ImageBytes; offset += 2 << 20)
        {
            Map(TableStart, ImageStart + offset, ImagePhysical + offset, 2);
        }

        Write64(Variable("page_offset_base", 8), DirectMap);
        WriteBytes(Variable("linux_banner", 256), "Linux version 6.99.1-crafted (nobody) #1\n\0"u8);
        WriteSymbol("init_top_pgt", ImageStart + 0x8000);
        CopyTable(TableStart, ImagePhysical + 0x8000);
        PerCpuArea = Allocate(4096);
        Write64(Variable("__per_cpu_offset", 8 * 4), PerCpuArea);
        Vcpu.State.Segments[(int)SegmentName.Gs].Base = PerCpuArea;
    }

    public CraftedTypes Types { get; }

    public KallsymsLayout Layout { get; }

    public GuestMemory Memory { get; }

    public Vcpu Vcpu { get; }

    /// <summary>The first CPU's per-CPU variables.</summary>
    public ulong PerCpuArea { get; }

    /// <summary>Writes symbols and types; objects may still be made and changed.</summary>
    public LinuxKernel Start()
    {
        WriteTables();
        return new LinuxGuest(Memory).Look(Vcpu) ?? throw new InvalidOperationException("the crafted kernel is not found");
    }

    public void WriteTables()
    {
        byte[] types = Types.Btf.Bytes();
        WriteBytes(ImageStart + TypeTable, types);
        WriteSymbol("__start_BTF", ImageStart + TypeTable);
        WriteSymbol("__stop_BTF", ImageStart + TypeTable + (ulong)types.Length);
        for (int i = 0; i < 1200; i++)
        {
            WriteSymbol($"function_{i}", ImageStart + Code + (ulong)(i * 64), 't');
        }

        WriteBytes(ImageStart + SymbolTable, KallsymsBuilder.Build([.. _symbols.OrderBy(symbol => symbol.Address)], ImageStart, Layout));
    }

    /// <summary>Makes room for a variable of the kernel's image.</summary>
    public ulong Variable(string name, int bytes)
    {
        ulong address = _nextVariable;
        _nextVariable += (ulong)((bytes + 7) & ~7);
        WriteSymbol(name, address);
        return address;
    }

    public void WriteSymbol(string name, ulong address, char type = 'D') => _symbols.Add((address, type, name));

    /// <summary>Makes an object in the direct map; zero at first.</summary>
    public ulong Allocate(int bytes, int alignment = 8)
    {
        _nextObject = (_nextObject + (ulong)alignment - 1) & ~((ulong)alignment - 1);
        ulong address = _nextObject + DirectMap;
        _nextObject += (ulong)bytes;
        return _nextObject <= Memory.Size ? address : throw new InvalidOperationException("the crafted memory is full");
    }

    /// <summary>Makes an object of a declared type.</summary>
    public ulong New(string type) => Allocate(Types.SizeOf(type));

    /// <summary>Makes a page and gives its physical address.</summary>
    public ulong NewPage() => Allocate(4096, 4096) - DirectMap;

    /// <summary>Sets a member.</summary>
    public void Set(ulong target, string member, ulong value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        WriteBytes(AddressOf(target, member), bytes.AsSpan(0, Math.Min(8, Types.WidthOf(member))));
    }

    public void SetText(ulong target, string member, string text) => WriteBytes(AddressOf(target, member), Encoding.UTF8.GetBytes(text + "\0"));

    public ulong AddressOf(ulong target, string member) => target + (ulong)Types.PlaceOf(member);

    /// <summary>Makes a text with a zero at its end.</summary>
    public ulong NewText(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text + "\0");
        ulong address = Allocate(bytes.Length);
        WriteBytes(address, bytes);
        return address;
    }

    public void Write64(ulong address, ulong value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        WriteBytes(address, bytes);
    }

    public ulong Read64(ulong address)
    {
        byte[] bytes = new byte[8];
        Memory.Read(Physical(address), bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    public void WriteBytes(ulong address, ReadOnlySpan<byte> bytes) => Memory.Write(Physical(address), bytes);

    /// <summary>Makes empty page tables and gives their physical address.</summary>
    public ulong NewTables() => NewPage();

    /// <summary>Maps a page of 4 KiB (level 1) or 2 MiB (level 2).</summary>
    public void Map(ulong tables, ulong address, ulong physical, int level = 1)
    {
        ulong table = tables;
        for (int at = 4; at > level; at--)
        {
            ulong place = table + (((address >> (3 + (at * 9))) & 511) * 8);
            ulong entry = ReadPhysical(place);
            if ((entry & 1) == 0)
            {
                entry = NextTable() | 7;
                WritePhysical(place, entry);
            }

            table = entry & ~0xFFFUL;
        }

        WritePhysical(table + (((address >> (3 + (level * 9))) & 511) * 8), physical | 7 | (level > 1 ? 0x80UL : 0));
    }

    public void Dispose()
    {
        Vcpu.Dispose();
        Memory.Dispose();
    }

    private ulong NextTable()
    {
        ulong table = _nextTable;
        _nextTable += 0x1000;
        return table;
    }

    private void CopyTable(ulong from, ulong to)
    {
        byte[] table = new byte[4096];
        Memory.Read(new GuestPhysical(from), table);
        Memory.Write(new GuestPhysical(to), table);
    }

    private ulong ReadPhysical(ulong address)
    {
        byte[] bytes = new byte[8];
        Memory.Read(new GuestPhysical(address), bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    private void WritePhysical(ulong address, ulong value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        Memory.Write(new GuestPhysical(address), bytes);
    }

    private static GuestPhysical Physical(ulong address) =>
        new(address >= ImageStart ? address - ImageStart + ImagePhysical : address - DirectMap);
}
