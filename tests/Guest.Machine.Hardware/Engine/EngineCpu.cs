using System.Runtime.InteropServices;
using Guest.Machine.Board;
using Guest.Machine.Memory;
using Guest.Machine.X86;
using Guest.Machine.X86.Translate;

namespace Guest.Machine.Hardware.Engine;

/// <summary>One of our engines: a guest in user mode that maps the arena at the same virtual addresses with the same rights.</summary>
/// <remarks>A fault goes through the guest's IDT, as in a real machine: each vector has a handler of one HLT at privilege 0, and
/// the frame on the stack of the TSS tells the state at the fault. The translator translates blocks, so it gets the instruction among
/// others and runs until the breakpoint behind it (<c>EngineCpu.Blocks.cs</c>).</remarks>
public sealed partial class EngineCpu : ICpuUnderTest
{
    private readonly GuestMemory memory = new(UserMachine.MemoryBytes);
    private readonly Vcpu cpu;
    private readonly IEngine engine;
    private CpuMode mode;
    private ulong codeAddress;
    private int codeLength;

    /// <summary>Builds the machine and puts it into user mode.</summary>
    /// <param name="model">The processor model.</param>
    /// <param name="kind">The engine.</param>
    /// <exception cref="ReplayKitException">The host cannot run the translator.</exception>
    public EngineCpu(CpuModel model, EngineKind kind = EngineKind.Interpreter)
    {
        cpu = new Vcpu(0, memory, new NoBus(), model);
        translator = kind == EngineKind.Translator ? new Translator(cpu, EngineOptions.Default) : null;
        engine = translator ?? (IEngine)new Interpreter(cpu);
        UserMachine.Build(memory);
        UserMachine.EnterLongMode(cpu, mode);
    }

    /// <summary>What went wrong in the last case that was unusable.</summary>
    public string Trouble { get; private set; } = "";

    /// <inheritdoc/>
    public Span<byte> Data => Window(UserMachine.DataPhysical, Arena.DataSize);

    /// <inheritdoc/>
    public Span<byte> Mixed => Window(UserMachine.MixedPhysical, Arena.MixedSize);

    /// <inheritdoc/>
    public void Enter(CpuMode mode)
    {
        this.mode = mode;
        UserMachine.EnterLongMode(cpu, mode);
    }

    /// <inheritdoc/>
    public void SetCode(ulong address, ReadOnlySpan<byte> instruction)
    {
        Span<byte> breakpoints = stackalloc byte[Surroundings.MaxBytes];
        breakpoints.Fill(0xCC);
        if (codeLength != 0)
        {
            Write(codeAddress, breakpoints[..codeLength]);
        }
        else
        {
            Fill();
        }

        codeAddress = address;
        codeLength = Math.Min(instruction.Length, Arena.CodeSize - (int)(address - Arena.Code));
        if (IsTranslated)
        {
            SetBlock(address, instruction[..codeLength]);
        }
        else
        {
            Write(address, instruction[..codeLength]);
        }
    }

    /// <inheritdoc/>
    public Outcome Run(ref CpuSnapshot state)
    {
        if (cpu.State.Cpl != 3)
        {
            UserMachine.EnterUserMode(cpu, mode);
        }

        try
        {
            if (IsTranslated && RunBlock(ref state) is { } ended)
            {
                return ended;
            }

            StateCopy.Load(cpu, state);
            ulong retired = cpu.State.Retired;
            do
            {
                engine.Run(retired + 1);
            }
            while (cpu.State.Retired == retired);
        }
        catch (ReplayKitException trouble)
        {
            Trouble = trouble.Message;
            UserMachine.EnterLongMode(cpu, mode);
            return new Outcome(Outcome.Unusable, 0, 0);
        }

        StateCopy.Store(cpu, ref state);
        Outcome outcome = cpu.State.Cpl == 0 ? Fault(ref state) : Outcome.Completed;
        if (mode == CpuMode.Compatibility)
        {
            state.CutTo32Bits();
        }

        return outcome;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        engine.Dispose();
        cpu.Dispose();
        memory.Dispose();
    }

    // The handler's address tells the vector (after a fault it has run its HLT; a trap's instruction has retired itself), its stack the rest.
    private Outcome Fault(ref CpuSnapshot state)
    {
        int vector = (int)((state.Rip - UserMachine.Handlers) / 16);
        ulong stack = state.Gpr[4];
        bool hasCode = vector is 8 or (>= 10 and <= 14) or 17;
        uint code = hasCode ? (uint)ReadStack(stack) : 0;
        stack += hasCode ? 8UL : 0;
        state.Rip = ReadStack(stack);
        state.Rflags = ReadStack(stack + 16);
        state.Gpr[4] = ReadStack(stack + 24);
        cpu.State.Halted = false;
        return new Outcome(vector, code, vector == 14 ? cpu.State.Cr2 : 0);
    }

    private ulong ReadStack(ulong address)
    {
        Span<byte> bytes = stackalloc byte[8];
        memory.Read(new GuestPhysical(address - UserMachine.KernelVirtual), bytes);
        return BitConverter.ToUInt64(bytes);
    }

    private void Write(ulong address, ReadOnlySpan<byte> bytes) =>
        memory.Write(new GuestPhysical(UserMachine.CodePhysical + (address - Arena.Code)), bytes);

    private void Fill()
    {
        var breakpoints = new byte[Arena.CodeSize];
        breakpoints.AsSpan().Fill(0xCC);
        Write(Arena.Code, breakpoints);
    }

    // The data pages hold neither code nor page tables, so nothing is derived from them that a write would have to drop.
    private Span<byte> Window(ulong physical, int size)
    {
        ReadOnlySpan<byte> page = memory.Page((int)(physical >> 12));
        return MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(page), size);
    }
}
