using Guest.Machine.Memory;
using Guest.Machine.X86;
using Iced.Intel;

namespace Guest.Machine.Tests.X86;

/// <summary>A vCPU in 64-bit mode at privilege 0 without paging: linear addresses are guest-physical ones.</summary>
internal sealed class BareCpu : IDisposable
{
    internal const ulong CodeAddress = 0x1_0000;

    internal BareCpu(int tlbEntries = 512)
    {
        Cpu = new Vcpu(0, Memory, Bus, CpuModels.Create("x86-64-v3"), tlbEntries);
        Engine = new Interpreter(Cpu);
        ref CpuState s = ref Cpu.State;
        s.Cr0 = 0x33;
        s.Cr4 = 0x620;
        s.Efer = 0xD00;
        s.Segments[(int)SegmentName.Cs] = new Segment { Selector = 8, Limit = uint.MaxValue, Attributes = 0xA09B };
        s.Rsp = 0x8_0000;
        Cpu.UpdateMode();
    }

    internal GuestMemory Memory { get; } = new(1 << 20);

    internal QuietBus Bus { get; } = new();

    internal Vcpu Cpu { get; }

    internal Interpreter Engine { get; }

    internal ref CpuState State => ref Cpu.State;

    /// <summary>Assembles code and puts RIP at it.</summary>
    internal void Load(Action<Assembler> code)
    {
        var assembler = new Assembler(64);
        code(assembler);
        using var bytes = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(bytes), CodeAddress);
        Memory.Write(new GuestPhysical(CodeAddress), bytes.ToArray());
        State.Rip = CodeAddress;
    }

    /// <summary>Retires that many instructions.</summary>
    internal void Retire(ulong instructions)
    {
        ulong until = State.Retired + instructions;
        while (State.Retired < until)
        {
            Engine.Run(until);
        }
    }

    internal byte[] Read(ulong address, int length)
    {
        var bytes = new byte[length];
        Memory.Read(new GuestPhysical(address), bytes);
        return bytes;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Engine.Dispose();
        Cpu.Dispose();
        Memory.Dispose();
    }
}
