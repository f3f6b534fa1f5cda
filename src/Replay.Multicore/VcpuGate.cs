using Guest.Machine.Board;
using Guest.Machine.X86;
using Guest.Machine.X86.Translate;

namespace Replay.Multicore;

/// <summary>What recording vCPUs that run at once and replaying them so share: their threads' way through the gate (docs/multicore.md).</summary>
public abstract class VcpuGate : IVcpuGate, IDisposable
{
    // Instructions, or portions of them, that a vCPU may execute behind the gate while others want it: mostly it goes into emitted code sooner.
    private const int LongestAct = 8;

    // Where there are more vCPUs than processors.
    private const int VisitsBetweenYields = 4;

    private readonly BoardLock _lock = new();
    private long _holds;

    /// <summary>Takes a machine that stands; the gate is its thread's own.</summary>
    /// <param name="machine">The machine; built with <see cref="EngineOptions.AtOnce"/>.</param>
    /// <param name="chaosSeed">Not 0 to stop the threads at random: for tests.</param>
    protected VcpuGate(VirtualMachine machine, ulong chaosSeed)
    {
        ArgumentNullException.ThrowIfNull(machine);
        Machine = machine;
        Seats = [.. machine.Cpus.Select((cpu, index) => new Seat(cpu, machine.Engines[index], chaosSeed == 0 ? null : new ThreadChaos(chaosSeed + (ulong)index)))];
        IsCrowded = Seats.Length > Environment.ProcessorCount;
        Take(null);
        machine.ShareBy(this);
    }

    /// <inheritdoc/>
    public Vcpu? Acting { get; private set; }

    /// <summary>The machine.</summary>
    protected VirtualMachine Machine { get; }

    /// <summary>The vCPUs' places, by number.</summary>
    internal Seat[] Seats { get; }

    /// <summary>Whether vCPUs are to do nothing more.</summary>
    protected abstract bool IsOver { get; }

    /// <summary>Whether there are more vCPUs than processors.</summary>
    protected bool IsCrowded { get; }

    /// <summary>Why a vCPU's thread has ended before its time, or null.</summary>
    protected Exception? Failure { get; set; }

    /// <inheritdoc/>
    public void Open(Vcpu cpu)
    {
        ArgumentNullException.ThrowIfNull(cpu);
        Seat seat = Seats[cpu.Index];
        seat.Stays++;
        seat.Passes = 0;
        cpu.ForgetStop();
        seat.IsInCode = true;
        Release();
        seat.Chaos?.Strike();
    }

    /// <inheritdoc/>
    public virtual bool MayStay(Vcpu cpu, bool isLong)
    {
        ArgumentNullException.ThrowIfNull(cpu);
        if (IsCrowded && ++Seats[cpu.Index].Visits % VisitsBetweenYields == 0)
        {
            // It may be spinning for one that has no processor.
            _ = Thread.Yield();
        }

        return !cpu.IsAskedToStop && !IsOver;
    }

    /// <inheritdoc/>
    public virtual bool AwaitTurn(Vcpu cpu, int page) => false;

    /// <inheritdoc/>
    public bool Close(Vcpu cpu)
    {
        ArgumentNullException.ThrowIfNull(cpu);
        Seat seat = Seats[cpu.Index];
        seat.Chaos?.Strike();
        seat.IsInCode = false;
        seat.Chaos?.Strike();
        TakeAgain(cpu);

        // What it came out for may no longer be its state.
        return !IsOver && !cpu.IsReset;
    }

    /// <inheritdoc/>
    public virtual void Pass(Vcpu cpu)
    {
        ArgumentNullException.ThrowIfNull(cpu);
        if (_lock.IsWanted && ++Seats[cpu.Index].Passes >= LongestAct)
        {
            Seats[cpu.Index].Passes = 0;
            Release();
            Thread.SpinWait(50);
            TakeAgain(cpu);
            cpu.Attention |= IsOver;
        }
    }

    /// <inheritdoc/>
    public abstract void Acquire(int page, bool write);

    /// <inheritdoc/>
    public void Hold(Vcpu cpu)
    {
        ArgumentNullException.ThrowIfNull(cpu);
        if (cpu == Acting)
        {
            return;
        }

        Seat seat = Seats[cpu.Index];
        if (seat.IsInCode)
        {
            _holds++;
            cpu.AskToStop();
            seat.AwaitStanding();
        }

        Held(cpu);
    }

    /// <inheritdoc/>
    public void HoldOthers()
    {
        foreach (Seat seat in Seats)
        {
            seat.Cpu.AskToStop();
        }

        foreach (Seat seat in Seats)
        {
            Hold(seat.Cpu);
        }
    }

    /// <inheritdoc/>
    public abstract void Touch();

    /// <inheritdoc/>
    public abstract void ReadTime();

    /// <inheritdoc/>
    public abstract void Wake(Vcpu cpu);

    /// <inheritdoc/>
    public abstract void Call();

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Ends the threads; the machine's thread has the gate.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            Release();
            foreach (Seat seat in Seats)
            {
                seat.Thread?.Join();
                seat.Dispose();
            }

            Machine.ShareBy(null);
            (Machine.Engines[0] as Translator)?.Statistics.Add(Counts());
        }
    }

    /// <summary>What was counted, for those who want to know where the time went.</summary>
    protected virtual IEnumerable<(string What, long Times)> Counts() =>
        [("stays in translated code", Seats.Sum(seat => seat.Stays)), ("waits for the gate", _lock.Waits), ("vCPUs brought to stand", _holds)];

    /// <summary>Whoever acts is about to give the gate back.</summary>
    protected virtual void Leaving()
    {
    }

    /// <summary>A vCPU stands for whoever acts.</summary>
    protected virtual void Held(Vcpu cpu)
    {
    }

    /// <summary>Starts a thread for each vCPU.</summary>
    private protected void Start(Action<Seat> live)
    {
        foreach (Seat seat in Seats)
        {
            seat.Thread = new Thread(() => live(seat)) { Name = $"vCPU {seat.Cpu.Index}", IsBackground = true };
            seat.Thread.Start();
        }
    }

    /// <summary>Waits for the gate.</summary>
    /// <param name="cpu">The vCPU whose thread this is; null for the machine's.</param>
    protected void Take(Vcpu? cpu)
    {
        _lock.Take();
        Acting = cpu;
    }

    /// <summary>The same for a vCPU whose state another one may have changed meanwhile: it goes on behind that.</summary>
    protected void TakeAgain(Vcpu cpu)
    {
        ArgumentNullException.ThrowIfNull(cpu);
        Take(cpu);
        if (cpu.IsReset)
        {
            Touch();
        }
    }

    /// <summary>Gives the gate back.</summary>
    protected void Release()
    {
        Leaving();
        Acting = null;
        _lock.Release();
    }
}
