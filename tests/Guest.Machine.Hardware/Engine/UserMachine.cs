using System.Buffers.Binary;
using Guest.Machine.Memory;
using Guest.Machine.X86;

namespace Guest.Machine.Hardware.Engine;

/// <summary>The page tables, descriptor tables and handlers of the guest that cases run in.</summary>
internal static class UserMachine
{
    /// <summary>Guest RAM.</summary>
    public const ulong MemoryBytes = 4 << 20;

    /// <summary>Where the windows are in guest-physical memory.</summary>
    public const ulong CodePhysical = 0x10_0000, DataPhysical = 0x11_0000, MixedPhysical = 0x12_0000;

    /// <summary>The virtual address of guest-physical 0 for the supervisor.</summary>
    public const ulong KernelVirtual = 0xFFFF_FFFF_8000_0000;

    /// <summary>The handlers: one HLT each, 16 bytes apart.</summary>
    public const ulong Handlers = KernelVirtual + 0x8000;

    private const ulong Pml4 = 0x1_0000, LowPdpt = 0x1_1000, LowPd = 0x1_2000, CodePt = 0x1_3000, DataPt = 0x1_4000, HighPdpt = 0x1_5000, HighPd = 0x1_6000;
    private const ulong Gdt = 0x5000, Idt = 0x6000, Tss = 0x7000, StackTop = 0x2_8000;
    private const ulong Present = 1, Writable = 2, User = 4, Large = 0x80, NoExecute = 1UL << 63;

    /// <summary>Writes everything into memory.</summary>
    public static void Build(GuestMemory memory)
    {
        Entry(memory, Pml4, Arena.Code >> 39, LowPdpt | Present | Writable | User);
        Entry(memory, LowPdpt, (Arena.Code >> 30) & 511, LowPd | Present | Writable | User);
        Entry(memory, LowPd, (Arena.Code >> 21) & 511, CodePt | Present | Writable | User);
        Entry(memory, LowPd, (Arena.Data >> 21) & 511, DataPt | Present | Writable | User);
        Pages(memory, CodePt, Arena.Code, CodePhysical, 2, Present | Writable | User);
        Pages(memory, DataPt, Arena.Data, DataPhysical, 2, Present | Writable | User | NoExecute);
        Pages(memory, DataPt, Arena.Mixed, MixedPhysical, 1, Present | User | NoExecute);
        Pages(memory, DataPt, Arena.Mixed + Arena.Page, MixedPhysical + Arena.Page, 1, Present | Writable | User | NoExecute);
        Pages(memory, DataPt, Arena.Mixed + (2 * Arena.Page), MixedPhysical + (2 * Arena.Page), 1, Present | User | NoExecute);
        Entry(memory, Pml4, (KernelVirtual >> 39) & 511, HighPdpt | Present | Writable);
        Entry(memory, HighPdpt, (KernelVirtual >> 30) & 511, HighPd | Present | Writable);
        Entry(memory, HighPd, 0, Present | Writable | Large);
        Descriptors(memory);
    }

    /// <summary>Switches long mode on and goes to user mode, whatever went before.</summary>
    public static void EnterLongMode(Vcpu cpu, CpuMode mode)
    {
        cpu.Reset();
        ref CpuState s = ref cpu.State;
        s.Cr0 = 0x8005_0033; // PG, AM, WP, NE, ET, MP, PE
        s.Cr3 = Pml4;
        s.Cr4 = 0x0005_0620; // OSXSAVE, FSGSBASE, OSXMMEXCPT, OSFXSR, PAE
        s.Efer = 0xD01; // NXE, LMA, LME, SCE
        s.Xcr0 = 7;
        s.GdtBase = KernelVirtual + Gdt;
        s.GdtLimit = 0x4F;
        s.IdtBase = KernelVirtual + Idt;
        s.IdtLimit = 0xFFF;
        s.Segments[(int)SegmentName.Ldtr] = default;
        s.Segments[(int)SegmentName.Tr] = new Segment { Selector = 0x40, Base = KernelVirtual + Tss, Limit = 0x67, Attributes = 0x8B };
        cpu.FlushTranslations();
        EnterUserMode(cpu, mode);
    }

    /// <summary>Loads the selectors that Linux gives a process.</summary>
    public static void EnterUserMode(Vcpu cpu, CpuMode mode)
    {
        ref CpuState s = ref cpu.State;
        var data = new Segment { Selector = 0x2B, Limit = uint.MaxValue, Attributes = 0xC0F3 };
        s.Segments[(int)SegmentName.Cs] = mode == CpuMode.Long
            ? new Segment { Selector = 0x33, Limit = uint.MaxValue, Attributes = 0xA0FB }
            : new Segment { Selector = 0x23, Limit = uint.MaxValue, Attributes = 0xC0FB };
        s.Segments[(int)SegmentName.Ss] = data;
        foreach (SegmentName name in (ReadOnlySpan<SegmentName>)[SegmentName.Ds, SegmentName.Es, SegmentName.Fs, SegmentName.Gs])
        {
            s.Segments[(int)name] = mode == CpuMode.Compatibility && (name is SegmentName.Ds or SegmentName.Es) ? data : default;
        }

        s.Cpl = 3;
        s.Halted = false;
        s.InRep = false;
        s.Shadow = InterruptShadow.None;
        cpu.UpdateMode();
    }

    private static void Descriptors(GuestMemory memory)
    {
        Entry(memory, Gdt, 2, 0x00AF_9B00_0000_FFFF);
        Entry(memory, Gdt, 3, 0x00CF_9300_0000_FFFF);
        Entry(memory, Gdt, 4, 0x00CF_FB00_0000_FFFF);
        Entry(memory, Gdt, 5, 0x00CF_F300_0000_FFFF);
        Entry(memory, Gdt, 6, 0x00AF_FB00_0000_FFFF);
        const ulong Base = KernelVirtual + Tss;
        Entry(memory, Gdt, 8, 0x0000_8B00_0000_0067 | ((Base & 0xFF_FFFF) << 16) | (((Base >> 24) & 0xFF) << 56));
        Entry(memory, Gdt, 9, Base >> 32);
        Span<byte> stack = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(stack, KernelVirtual + StackTop);
        memory.Write(new GuestPhysical(Tss + 4), stack);
        memory.Write(new GuestPhysical(Tss + 0x66), [0x68, 0]);
        for (ulong vector = 0; vector < 256; vector++)
        {
            ulong handler = Handlers + (16 * vector);
            ulong privilege = vector is 3 or 4 ? 0x6000UL : 0;
            ulong low = (handler & 0xFFFF) | (0x10 << 16) | ((0x8E00 | privilege) << 32) | ((handler & 0xFFFF_0000) << 32);
            Entry(memory, Idt, 2 * vector, low);
            Entry(memory, Idt, (2 * vector) + 1, handler >> 32);
            memory.Write(new GuestPhysical(handler - KernelVirtual), [0xF4]);
        }
    }

    private static void Pages(GuestMemory memory, ulong table, ulong address, ulong physical, ulong count, ulong rights)
    {
        for (ulong page = 0; page < count; page++)
        {
            Entry(memory, table, ((address >> 12) + page) & 511, (physical + (page << 12)) | rights);
        }
    }

    private static void Entry(GuestMemory memory, ulong table, ulong index, ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        memory.Write(new GuestPhysical(table + (8 * index)), bytes);
    }
}
