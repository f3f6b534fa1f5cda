using System.Runtime.ExceptionServices;
using Guest.Machine;
using Guest.Machine.Board;
using Guest.Machine.X86;

namespace Replay.Multicore;

/// <summary>Replays vCPUs that ran at once, at once: each on a host thread of its own, which waits where the recording says so (docs/multicore.md).</summary>
/// <remarks>
/// Nobody owns pages here: the waits order all accesses that must be. Between two calls of <see cref="Run"/> every vCPU stands at a common cut. For one thread.
/// </remarks>
public sealed class ParallelReplay : VcpuGate
{
    private readonly CountdownEvent _running = new(1);

    // [vcpu] its own instructions up to where it is known to be, and how many of its planned steps it has done.
    private readonly ulong[] _come;
    private readonly int[] _done;
    private ParallelPlan? _plan;
    private volatile bool _isOver;
    private bool _hasBegun;

    /// <summary>Takes a machine that stands at a common cut.</summary>
    /// <param name="machine">The machine; built with <see cref="EngineOptions.AtOnce"/>.</param>
    /// <param name="chaosSeed">Not 0 to stop the threads at random: for tests.</param>
    public ParallelReplay(VirtualMachine machine, ulong chaosSeed = 0)
        : base(machine, chaosSeed)
    {
        _come = [.. machine.Cpus.Select(cpu => cpu.State.Retired)];
        _done = new int[machine.Cpus.Count];
        foreach (Vcpu cpu in machine.Cpus)
        {
            cpu.GrantAll();
        }
    }

    /// <summary>Executes what is planned up to the next common cut.</summary>
    /// <param name="plan">The plan; empty afterwards.</param>
    /// <exception cref="ReplayKitException">RK0501: a vCPU does not do what it did; the machine can no longer be used.</exception>
    public void Run(ParallelPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        _plan = plan;
        Array.Clear(_done);
        _running.Reset(Seats.Length);
        if (!_hasBegun)
        {
            _hasBegun = true;
            Start(Live);
        }

        foreach (Seat seat in Seats)
        {
            _ = seat.Bell.Set();
        }

        Release();
        _running.Wait();
        Take(null);
        if (Failure is not null)
        {
            ExceptionDispatchInfo.Throw(Failure);
        }

        Machine.ApplyTurn(plan.Current);
        plan.Clear();
    }

    /// <inheritdoc/>
    public override void Acquire(int page, bool write)
    {
    }

    /// <inheritdoc/>
    public override void Touch()
    {
    }

    /// <inheritdoc/>
    public override void ReadTime()
    {
    }

    /// <inheritdoc/>
    public override void Wake(Vcpu cpu)
    {
    }

    /// <inheritdoc/>
    public override void Call()
    {
    }

    /// <inheritdoc/>
    protected override bool IsOver => _isOver;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _isOver = true;
        foreach (Seat seat in Seats)
        {
            _ = seat.Bell.Set();
        }

        base.Dispose(disposing);
        _running.Dispose();
    }

    // The life of a vCPU's thread.
    private void Live(Seat seat)
    {
        while (seat.Bell.WaitOne() && !_isOver)
        {
            Take(seat.Cpu);
            try
            {
                Execute(seat);
            }
            catch (ReplayKitException failure)
            {
                Failure ??= failure;
                _isOver = true;
            }

            Release();
            _ = _running.Signal();
        }
    }

    private void Execute(Seat seat)
    {
        int vcpu = seat.Cpu.Index;
        List<ulong> stops = _plan!.Stops[vcpu];
        int stop = 0;
        foreach (PlannedStep step in _plan.Steps[vcpu])
        {
            for (; stop < stops.Count && stops[stop] < step.At; stop++)
            {
                Come(seat, stops[stop]);
            }

            Come(seat, step.At);
            Do(seat, step);
            Volatile.Write(ref _done[vcpu], _done[vcpu] + 1);
        }

        for (; stop < stops.Count; stop++)
        {
            Come(seat, stops[stop]);
        }

        Come(seat, _plan.Own[vcpu]);
    }

    private void Do(Seat seat, in PlannedStep step)
    {
        switch (step.Kind)
        {
            case PlannedStepKind.Wait:
                Await(seat, step);
                break;
            case PlannedStepKind.TakeInterrupt when !Machine.DeliverDue(seat.Cpu):
                throw Departure(seat.Cpu, "has no interrupt to take");
            case PlannedStepKind.SetTime:
                Machine.ApplyAnchor(step.Value, 0);
                break;
            default:
                break;
        }
    }

    // Executes up to a count, and lets the others know.
    private void Come(Seat seat, ulong retired)
    {
        Vcpu cpu = seat.Cpu;
        while (cpu.State.Retired < retired && !_isOver)
        {
            if (!Machine.CanRun(cpu) || cpu.State.Halted)
            {
                throw Departure(cpu, "has halted");
            }

            seat.Engine.Run(retired);
        }

        if (cpu.State.Retired > retired && !_isOver)
        {
            throw Departure(cpu, "has gone on");
        }

        Volatile.Write(ref _come[cpu.Index], retired);
    }

    private void Await(Seat seat, in PlannedStep step)
    {
        if (HasCome(step))
        {
            return;
        }

        Release();
        SpinWait spin = default;
        while (!HasCome(step) && !_isOver)
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }

        Take(seat.Cpu);
    }

    private bool HasCome(in PlannedStep step) =>
        Volatile.Read(ref _come[step.Other]) >= step.Value && Volatile.Read(ref _done[step.Other]) >= step.Done;

    private static ReplayKitException Departure(Vcpu cpu, string what) =>
        new(501, ExitCode.Divergence, $"the replay left the recording: vCPU {cpu.Index} {what} where it has retired {cpu.State.Retired:x} instructions itself; run 'verify' to find the interval");
}
