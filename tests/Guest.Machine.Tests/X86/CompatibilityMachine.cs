using System.Buffers.Binary;
using Guest.Machine.Memory;
using Guest.Machine.X86;

namespace Guest.Machine.Tests.X86;

/// <summary>A guest in long mode that runs 32-bit and 16-bit code segments in user mode; each fault ends in a handler of one HLT.</summary>
internal sealed class CompatibilityMachine : IDisposable
{
    internal const int DataSize = 0x4000;
    private const uint Code = 0x1000_0000, Data = 0x2000_0000;
    private const ulong CodePhysical = 0x10_0000, DataPhysical = 0x11_0000;
    private const ulong Kernel = 0xFFFF_FFFF_8000_0000;
    private const ulong Handlers = Kernel + 0x8000, Gdt = 0x5000, Idt = 0x6000, Tss = 0x7000, StackTop = 0x2_8000;
    private const ulong Pml4 = 0x1_0000, LowPdpt = 0x1_1000, LowPd = 0x1_2000, CodeTable = 0x1_3000, DataTable = 0x1_4000, HighPdpt = 0x1_5000, HighPd = 0x1_6000;
    private const ulong User = 7, Supervisor = 3, Large = 0x80, NoExecute = 1UL << 63;
    private readonly GuestMemory _memory = new(4 << 20);
    private readonly Vcpu _cpu;
    private readonly Interpreter _interpreter;

    internal CompatibilityMachine()
    {
        _cpu = new Vcpu(0, _memory, new QuietBus(), CpuModels.Create("x86-64-v3"));
        _interpreter = new Interpreter(_cpu);
        MapPages();
        WriteDescriptors();
        ref CpuState s = ref _cpu.State;
        s.Cr0 = 0x8005_0033;
        s.Cr3 = Pml4;
        s.Cr4 = 0x620;
        s.Efer = 0xD01;
        s.GdtBase = Kernel + Gdt;
        s.GdtLimit = 0x4F;
        s.IdtBase = Kernel + Idt;
        s.IdtLimit = 0xFFF;
        s.Segments[(int)SegmentName.Ldtr] = default;
        s.Segments[(int)SegmentName.Tr] = new Segment { Selector = 0x40, Base = Kernel + Tss, Limit = 0x67, Attributes = 0x8B };
        _cpu.FlushTranslations();
    }

    internal ref CpuState State => ref _cpu.State;

    /// <summary>Puts an instruction, followed by INT3, at the place it runs, and the data before it.</summary>
    internal void Prepare(int codeSize, ReadOnlySpan<byte> instruction, ReadOnlySpan<byte> data, ulong flags)
    {
        Span<byte> code = stackalloc byte[0x2000];
        code.Fill(0xCC);
        instruction.CopyTo(code[0x800..]);
        _memory.Write(new GuestPhysical(CodePhysical), code);
        _memory.Write(new GuestPhysical(DataPhysical), data);
        EnterUserMode(codeSize);
        State.Rip = codeSize == 16 ? 0x800UL : Code + 0x800;
        _cpu.SetFlags(flags | 0x202);
    }

    /// <summary>Runs until a handler halts.</summary>
    /// <returns>The exception, EIP, flags and ESP of its frame.</returns>
    internal (int Vector, ulong Rip, ulong Flags, ulong Rsp) Run()
    {
        for (int tries = 0; !State.Halted && tries < 20_000; tries++)
        {
            _interpreter.Run(State.Retired + 1);
        }

        Assert.True(State.Halted);
        int vector = (int)((State.Rip - 1 - Handlers) / 16);
        ulong stack = State.Rsp + (vector is 8 or (>= 10 and <= 14) or 17 ? 8UL : 0);
        return (vector, ReadStack(stack), ReadStack(stack + 16), ReadStack(stack + 24));
    }

    internal void ReadData(Span<byte> data) => _memory.Read(new GuestPhysical(DataPhysical), data);

    /// <inheritdoc/>
    public void Dispose()
    {
        _interpreter.Dispose();
        _cpu.Dispose();
        _memory.Dispose();
    }

    private void EnterUserMode(int codeSize)
    {
        ref CpuState s = ref State;
        bool wide = codeSize == 32;
        s.Segments[(int)SegmentName.Cs] = wide
            ? new Segment { Selector = 0x23, Limit = uint.MaxValue, Attributes = 0xC0FB }
            : new Segment { Selector = 0xF, Base = Code, Limit = 0x1FFF, Attributes = 0xFB };
        Segment data = wide
            ? new Segment { Selector = 0x2B, Limit = uint.MaxValue, Attributes = 0xC0F3 }
            : new Segment { Selector = 0x17, Base = Data, Limit = DataSize - 1, Attributes = 0xF3 };
        foreach (SegmentName name in (ReadOnlySpan<SegmentName>)[SegmentName.Ss, SegmentName.Ds, SegmentName.Es])
        {
            s.Segments[(int)name] = data;
        }

        s.Segments[(int)SegmentName.Fs] = default;
        s.Segments[(int)SegmentName.Gs] = default;
        s.Cpl = 3;
        s.Halted = false;
        s.InRep = false;
        _cpu.UpdateMode();
    }

    private ulong ReadStack(ulong address)
    {
        Span<byte> bytes = stackalloc byte[8];
        _memory.Read(new GuestPhysical(address - Kernel), bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    private void MapPages()
    {
        Write(Pml4, 0, LowPdpt | User);
        Write(LowPdpt, 0, LowPd | User);
        Write(LowPd, Code >> 21, CodeTable | User);
        Write(LowPd, Data >> 21, DataTable | User);
        for (ulong page = 0; page < 4; page++)
        {
            Write(CodeTable, page, page < 2 ? (CodePhysical + (page << 12)) | User : 0);
            Write(DataTable, page, (DataPhysical + (page << 12)) | User | NoExecute);
        }

        Write(Pml4, 511, HighPdpt | Supervisor);
        Write(HighPdpt, 510, HighPd | Supervisor);
        Write(HighPd, 0, Supervisor | Large);
    }

    private void WriteDescriptors()
    {
        Write(Gdt, 2, 0x00AF_9B00_0000_FFFF);
        Write(Gdt, 3, 0x00CF_9300_0000_FFFF);
        Span<byte> stack = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(stack, Kernel + StackTop);
        _memory.Write(new GuestPhysical(Tss + 4), stack);
        _memory.Write(new GuestPhysical(Tss + 0x66), [0x68, 0]);
        for (ulong vector = 0; vector < 32; vector++)
        {
            ulong handler = Handlers + (16 * vector);
            ulong attributes = vector is 3 or 4 ? 0xEE00UL : 0x8E00;
            Write(Idt, 2 * vector, (handler & 0xFFFF) | (0x10 << 16) | (attributes << 32) | ((handler & 0xFFFF_0000) << 32));
            Write(Idt, (2 * vector) + 1, handler >> 32);
            _memory.Write(new GuestPhysical(handler - Kernel), [0xF4]);
        }
    }

    private void Write(ulong table, ulong index, ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        _memory.Write(new GuestPhysical(table + (8 * index)), bytes);
    }
}
