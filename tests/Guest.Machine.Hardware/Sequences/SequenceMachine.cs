using System.Runtime.InteropServices;
using Guest.Machine.Board;
using Guest.Machine.Hardware.Engine;
using Guest.Machine.Memory;
using Guest.Machine.State;
using Guest.Machine.X86;
using Guest.Machine.X86.Translate;

namespace Guest.Machine.Hardware.Sequences;

/// <summary>The guest of the comparison with the host, to run whole sequences of instructions on one engine.</summary>
internal sealed class SequenceMachine : IDisposable
{
    // Everything that a sequence can change: descriptor and page tables, the handlers' stack; then the windows.
    private const int LowBytes = 0x3_0000;
    private const int MostRuns = 20_000;
    private readonly GuestMemory memory = new(UserMachine.MemoryBytes);
    private readonly StateWriter writer = new();
    private readonly IEngine engine;
    private readonly byte[] low;

    /// <summary>Builds the machine.</summary>
    /// <param name="options">The engine, and its choices that must not be visible.</param>
    public SequenceMachine(EngineOptions options)
    {
        Cpu = new Vcpu(0, memory, new NoBus(), CpuModels.Create(Generate.TestedCodes.Model), options.TlbEntries);
        engine = options.Kind == EngineKind.Translator ? new Translator(Cpu, options) : new Interpreter(Cpu, options.MaxBlock);
        UserMachine.Build(memory);
        UserMachine.EnterLongMode(Cpu, CpuMode.Long);
        low = Region(0, LowBytes).ToArray();
    }

    /// <summary>The vCPU.</summary>
    public Vcpu Cpu { get; }

    /// <summary>What the translator has done; null for the interpreter.</summary>
    public TranslatorStatistics? Statistics => (engine as Translator)?.Statistics;

    /// <summary>Puts code into the code window.</summary>
    public void Put(ulong address, ReadOnlySpan<byte> code) => memory.Write(new GuestPhysical(UserMachine.CodePhysical + (address - Arena.Code)), code);

    /// <summary>Sets everything but the code: registers, page tables without accessed and dirty bits, the windows' contents.</summary>
    public void Load(in CpuSnapshot state, ReadOnlySpan<byte> data, ReadOnlySpan<byte> mixed)
    {
        for (int at = 0; at < LowBytes; at += Arena.Page)
        {
            if (!Region((ulong)at, Arena.Page).SequenceEqual(low.AsSpan(at, Arena.Page)))
            {
                memory.Write(new GuestPhysical((ulong)at), low.AsSpan(at, Arena.Page));
            }
        }

        memory.Write(new GuestPhysical(UserMachine.DataPhysical), data);
        memory.Write(new GuestPhysical(UserMachine.MixedPhysical), mixed);
        UserMachine.EnterLongMode(Cpu, CpuMode.Long);
        StateCopy.Load(Cpu, state);
        Cpu.State.Retired = 0;
    }

    /// <summary>Runs until that many instructions have retired since <see cref="Load"/>, or a fault's handler has halted.</summary>
    /// <returns>Empty, or what the machine refuses to do.</returns>
    public string RunTo(ulong retired)
    {
        try
        {
            for (int runs = 0; !Cpu.State.Halted && Cpu.State.Retired < retired; runs++)
            {
                engine.Run(retired);
                if (runs > MostRuns)
                {
                    return "the engine does not come to an end";
                }
            }

            return "";
        }
        catch (ReplayKitException trouble)
        {
            return trouble.Message;
        }
    }

    /// <summary>The registers, every bit; valid until the next call.</summary>
    public ReadOnlySpan<byte> Registers()
    {
        writer.Clear();
        CpuRegisters.Save(Cpu, writer);
        return writer.Written;
    }

    /// <summary>Where the memories differ first, as a guest-physical address; -1 for nowhere.</summary>
    public long MemoryDifference(SequenceMachine other)
    {
        foreach ((ulong start, int size) in (ReadOnlySpan<(ulong, int)>)[(0, LowBytes), (UserMachine.CodePhysical, Arena.CodeSize), (UserMachine.DataPhysical, Arena.DataSize), (UserMachine.MixedPhysical, Arena.MixedSize)])
        {
            int same = Region(start, size).CommonPrefixLength(other.Region(start, size));
            if (same != size)
            {
                return (long)start + same;
            }
        }

        return -1;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        engine.Dispose();
        Cpu.Dispose();
        memory.Dispose();
    }

    private ReadOnlySpan<byte> Region(ulong physical, int size) =>
        MemoryMarshal.CreateReadOnlySpan(ref MemoryMarshal.GetReference(memory.Page((int)(physical >> 12))), size);
}
