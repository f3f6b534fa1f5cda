using Guest.Machine.X86;

namespace Replay.Multicore;

/// <summary>What each vCPU does between two common cuts, taken from the records of the line between them.</summary>
/// <remarks>A vCPU's steps are in the order in which it does them: the line has them so.</remarks>
public sealed class ParallelPlan
{
    private readonly ulong[] _own;
    private ulong _end;

    /// <summary>Begins where vCPUs stand.</summary>
    /// <param name="cpus">The vCPUs, by number.</param>
    /// <param name="current">The one whose turn it is there.</param>
    public ParallelPlan(IReadOnlyList<Vcpu> cpus, int current)
    {
        ArgumentNullException.ThrowIfNull(cpus);
        _own = [.. cpus.Select(cpu => cpu.State.Retired)];
        Steps = [.. cpus.Select(_ => new List<PlannedStep>())];
        Stops = [.. cpus.Select(_ => new List<ulong>())];
        Current = current;
        foreach (ulong own in _own)
        {
            _end += own;
        }
    }

    /// <summary>The vCPU whose turn it is where the line has been read to.</summary>
    public int Current { get; private set; }

    /// <summary>[vcpu] what it does before it stands at the cut, in its order.</summary>
    internal List<PlannedStep>[] Steps { get; }

    /// <summary>[vcpu] at which counts of its own instructions it says that it has come there, ascending: somebody waits for that.</summary>
    internal List<ulong>[] Stops { get; }

    /// <summary>[vcpu] instructions that it has retired at the cut, once the line has been read up to there.</summary>
    internal IReadOnlyList<ulong> Own => _own;

    /// <summary>The line goes on with another vCPU.</summary>
    /// <param name="position">Where on the line.</param>
    /// <param name="vcpu">The vCPU.</param>
    public void Turn(ulong position, int vcpu)
    {
        ReadTo(position);
        Current = vcpu;
    }

    /// <summary>A vCPU waits for the one in turn.</summary>
    /// <param name="position">Where on the line.</param>
    /// <param name="vcpu">The one that waits.</param>
    /// <param name="ahead">How many of its instructions behind those on the line it may execute before.</param>
    public void Wait(ulong position, int vcpu, ulong ahead)
    {
        ReadTo(position);
        ulong come = _own[Current];
        AddStop(Stops[Current], come);
        Steps[vcpu].Add(new PlannedStep(unchecked(_own[vcpu] + ahead), PlannedStepKind.Wait, Current, come, DoneAt(Steps[Current], come)));
    }

    /// <summary>The vCPU in turn takes its interrupts.</summary>
    public void TakeInterrupt(ulong position)
    {
        ReadTo(position);
        Steps[Current].Add(new PlannedStep(_own[Current], PlannedStepKind.TakeInterrupt));
    }

    /// <summary>The vCPU in turn sets the clock.</summary>
    public void SetTime(ulong position, ulong ticks)
    {
        ReadTo(position);
        Steps[Current].Add(new PlannedStep(_own[Current], PlannedStepKind.SetTime, Value: ticks));
    }

    /// <summary>All vCPUs stand here.</summary>
    public void Cut(ulong position) => ReadTo(position);

    /// <summary>What was planned is done.</summary>
    internal void Clear()
    {
        foreach (List<PlannedStep> steps in Steps)
        {
            steps.Clear();
        }

        foreach (List<ulong> stops in Stops)
        {
            stops.Clear();
        }
    }

    // A vCPU may have steps behind where the line has got with it.
    private static void AddStop(List<ulong> stops, ulong come)
    {
        int place = stops.Count;
        while (place > 0 && stops[place - 1] > come)
        {
            place--;
        }

        if (place == 0 || stops[place - 1] != come)
        {
            stops.Insert(place, come);
        }
    }

    private static int DoneAt(List<PlannedStep> steps, ulong come)
    {
        int done = steps.Count;
        while (done > 0 && steps[done - 1].At > come)
        {
            done--;
        }

        return done;
    }

    private void ReadTo(ulong position)
    {
        _own[Current] += position - _end;
        _end = position;
    }
}
