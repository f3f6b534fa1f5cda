using Guest.Machine.X86;

namespace Replay.Multicore;

/// <summary>One vCPU's place in a <see cref="ParallelRun"/>: its thread, and whether it is in emitted code.</summary>
internal sealed class Seat(Vcpu cpu, IEngine engine, ThreadChaos? chaos) : IDisposable
{
    private const int Spins = 100;

    private int _inCode;

    internal Vcpu Cpu { get; } = cpu;

    internal IEngine Engine { get; } = engine;

    internal Thread? Thread { get; set; }

    /// <summary>Disturbs its thread where it holds nothing; null for nobody.</summary>
    internal ThreadChaos? Chaos { get; } = chaos;

    /// <summary>Rung where something waits for a vCPU that sleeps.</summary>
    internal AutoResetEvent Bell { get; } = new(false);

    /// <summary>Times that it has gone into emitted code.</summary>
    internal long Stays { get; set; }

    /// <summary>Times that it has asked whether its stay may go on.</summary>
    internal int Visits { get; set; }

    /// <summary>Times that it has passed since it was last in emitted code.</summary>
    internal int Passes { get; set; }

    /// <summary>Whether it sleeps: it has halted, or waits for Start-Up.</summary>
    internal bool Sleeps { get; set; }

    /// <summary>Instructions that it had retired when it last read the time: an instruction reads it once.</summary>
    internal ulong TimeReadAt { get; set; } = ulong.MaxValue;

    /// <summary>Whether it is in emitted code. Set behind the gate, cleared by its own thread when its state is what an instruction's beginning is.</summary>
    internal bool IsInCode
    {
        get => Volatile.Read(ref _inCode) != 0;
        set => Volatile.Write(ref _inCode, value ? 1 : 0);
    }

    /// <summary>Waits until it has come out of emitted code.</summary>
    internal void AwaitStanding()
    {
        // It is mostly there within a block; where its thread does not run, spinning keeps it from that.
        for (int i = 0; IsInCode && i < Spins; i++)
        {
            Thread.SpinWait(4);
        }

        SpinWait spin = default;
        while (IsInCode)
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Bell.Dispose();
}
