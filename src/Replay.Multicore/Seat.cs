using Guest.Machine.X86;

namespace Replay.Multicore;

/// <summary>One vCPU's place in a <see cref="ParallelRun"/>: its thread, and whether it is in emitted code.</summary>
internal sealed class Seat(Vcpu cpu, IEngine engine, ThreadChaos? chaos) : IDisposable
{
    private const int Spins = 100;

    private const int Silent = 0;
    private const int Rung = 1;

    // Its thread waits for the host's event.
    private const int Waits = 2;

    private int _inCode;
    private int _call;

    internal Vcpu Cpu { get; } = cpu;

    internal IEngine Engine { get; } = engine;

    internal Thread? Thread { get; set; }

    /// <summary>Disturbs its thread where it holds nothing; null for nobody.</summary>
    internal ThreadChaos? Chaos { get; } = chaos;

    /// <summary>Times that it has gone into emitted code.</summary>
    internal long Stays { get; set; }

    /// <summary>Times that it has asked whether its stay may go on.</summary>
    internal int Visits { get; set; }

    /// <summary>Times that it could have looked at the time.</summary>
    internal int Looks { get; set; }

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

    /// <summary>Has its thread go on where it waits.</summary>
    internal AutoResetEvent Bell { get; } = new(false);

    /// <summary>It is about to sleep: what woke it before is over. Behind the gate.</summary>
    internal void FallAsleep() => _call = Silent;

    /// <summary>Something waits for a vCPU that sleeps. Behind the gate.</summary>
    internal void Wake()
    {
        if (Interlocked.Exchange(ref _call, Rung) == Waits)
        {
            _ = Bell.Set();
        }
    }

    /// <summary>Sleeps until it is woken.</summary>
    /// <param name="watches">How often it looks by itself before it asks the host's scheduler, whose way from one thread to another takes as long as a guest's between two processes.</param>
    internal void AwaitWake(int watches)
    {
        for (int i = 0; i < watches && Volatile.Read(ref _call) == Silent; i++)
        {
            Thread.SpinWait(8);
        }

        if (Interlocked.CompareExchange(ref _call, Waits, Silent) == Silent)
        {
            _ = Bell.WaitOne();
        }
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
