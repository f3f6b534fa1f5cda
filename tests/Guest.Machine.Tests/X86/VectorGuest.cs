using System.Buffers.Binary;
using Guest.Machine.Memory;
using Guest.Machine.X86;
using Iced.Intel;

namespace Guest.Machine.Tests.X86;

/// <summary>A guest at privilege 0 that runs a few instructions: 64-bit with everything enabled, or in real mode.</summary>
/// <remarks>Each exception vector has a handler of one HLT, so that RIP tells which one came.</remarks>
internal sealed class VectorGuest : IDisposable
{
    public const ulong Code = 0x10_0000;
    public const ulong Data = 0x20_0000;
    private const ulong Handlers = 0x8000;
    private const ulong Stack = 0x9_0000;
    private const ulong RealCode = 0xA000;
    private readonly GuestMemory _memory = new(4 << 20);
    private readonly Interpreter _interpreter;
    private readonly bool _real;

    public VectorGuest(string model = "x86-64-v3", bool real = false)
    {
        _real = real;
        Cpu = new Vcpu(0, _memory, new SilentBus(), CpuModels.Create(model));
        _interpreter = new Interpreter(Cpu);
        if (real)
        {
            SetUpRealMode();
        }
        else
        {
            SetUpLongMode();
        }
    }

    public Vcpu Cpu { get; }

    public ref CpuState State => ref Cpu.State;

    /// <summary>Runs instructions; the answer is the vector of the exception, or null.</summary>
    public Vector? Run(Action<Assembler> body)
    {
        var assembler = new Assembler(64);
        body(assembler);
        using var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), Code);
        return Run(stream.ToArray());
    }

    /// <summary>Runs the bytes of instructions.</summary>
    public Vector? Run(params byte[] code)
    {
        ref CpuState s = ref State;
        ulong start = _real ? RealCode : Code;
        _memory.Write(new GuestPhysical(start), [.. code, 0xF4]);
        _interpreter.DropBlocks();
        s.Rip = start;
        s.Rsp = Stack;
        s.Halted = false;
        while (!s.Halted)
        {
            _interpreter.Run(s.Retired + 1);
        }

        return s.Rip >= Handlers && s.Rip < Handlers + (32 * 16) ? (Vector)((s.Rip - Handlers) / 16) : null;
    }

    /// <summary>Goes on with 32-bit code in long mode (compatibility mode), all segments flat.</summary>
    public void EnterCompatibilityMode()
    {
        Quad(0x5018, 0x00CF_9B00_0000_FFFF);
        foreach (SegmentName name in (ReadOnlySpan<SegmentName>)[SegmentName.Ds, SegmentName.Es, SegmentName.Ss])
        {
            State.Segments[(int)name] = new Segment { Selector = 0x10, Limit = uint.MaxValue, Attributes = 0xC093 };
        }

        State.Segments[(int)SegmentName.Cs] = new Segment { Selector = 0x18, Limit = uint.MaxValue, Attributes = 0xC09B };
        Cpu.UpdateMode();
    }

    public Span<ulong> Register(int number) => ((Span<ulong>)State.Vectors).Slice(4 * number, 4);

    public void Write(ulong address, params byte[] bytes) => _memory.Write(new GuestPhysical(address), bytes);

    public byte[] Read(ulong address, int count)
    {
        var bytes = new byte[count];
        _memory.Read(new GuestPhysical(address), bytes);
        return bytes;
    }

    public void Dispose()
    {
        _interpreter.Dispose();
        Cpu.Dispose();
        _memory.Dispose();
    }

    private void SetUpRealMode()
    {
        for (int vector = 0; vector < 32; vector++)
        {
            Quad(4 * (ulong)vector, Handlers + (16 * (ulong)vector));
            Write(Handlers + (16 * (ulong)vector), 0xF4);
        }

        ref Segment cs = ref State.Segments[(int)SegmentName.Cs];
        cs.Selector = 0;
        cs.Base = 0;
        Cpu.UpdateMode();
    }

    private void SetUpLongMode()
    {
        Quad(0x1000, 0x2003);
        Quad(0x2000, 0x3003);
        Quad(0x3000, 0x83);
        Quad(0x3008, 0x20_0083);
        Quad(0x5010, 0x00AF_9B00_0000_FFFF);
        for (ulong vector = 0; vector < 32; vector++)
        {
            ulong handler = Handlers + (16 * vector);
            Quad(0x6000 + (16 * vector), (handler & 0xFFFF) | (0x10 << 16) | (0x8E00UL << 32) | ((handler & 0xFFFF_0000) << 32));
            Quad(0x6008 + (16 * vector), 0);
            Write(handler, 0xF4);
        }

        ref CpuState s = ref State;
        s.Cr0 = 0x8001_0033;
        s.Cr3 = 0x1000;
        s.Cr4 = 0x5_0620;
        s.Efer = 0xD01;
        s.Xcr0 = 7;
        s.GdtBase = 0x5000;
        s.GdtLimit = 0x1F;
        s.IdtBase = 0x6000;
        s.IdtLimit = 0x1FF;
        s.Segments[(int)SegmentName.Cs] = new Segment { Selector = 0x10, Limit = uint.MaxValue, Attributes = 0xA09B };
        Cpu.FlushTranslations();
        Cpu.UpdateMode();
    }

    private void Quad(ulong address, ulong value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        Write(address, bytes);
    }
}
