using Guest.Machine;
using Guest.Machine.X86;
using Replay.Log;
using Replay.Log.Records;

namespace Replay.Multicore;

/// <summary>The line on which a replay executes, one behind the other, what vCPUs have executed at once; written as it becomes known (docs/multicore.md).</summary>
/// <remarks>It is extended by what a vCPU has executed when others must come behind that, and not before: as few turns as the order needs.</remarks>
internal sealed class TurnLine
{
    private readonly Func<LogWriter?> _log;
    private readonly ulong[] _reached;

    // [vcpu, other] how far the other is known to have come before what the vCPU does next: nothing has to say it again.
    private readonly ulong[,] _known;

    // What is logged of a vCPU happens where it stands, and another one may know of where it stands, and not of that.
    private readonly int[] _steps;
    private readonly int[,] _knownSteps;

    /// <param name="cpus">The vCPUs where the line begins.</param>
    /// <param name="current">The one whose turn it is there.</param>
    /// <param name="log">Where turns are logged; null while nothing is recorded.</param>
    internal TurnLine(IReadOnlyList<Vcpu> cpus, int current, Func<LogWriter?> log)
    {
        _log = log;
        _reached = [.. cpus.Select(cpu => cpu.State.Retired)];
        _known = new ulong[_reached.Length, _reached.Length];
        _steps = new int[_reached.Length];
        _knownSteps = new int[_reached.Length, _reached.Length];
        Current = current;
        foreach (ulong reached in _reached)
        {
            End += reached;
        }

        KnowAll();
    }

    /// <summary>The vCPU whose turn it is at the end.</summary>
    internal int Current { get; private set; }

    /// <summary>Instructions on the line.</summary>
    internal ulong End { get; private set; }

    /// <summary>Puts on the line what a vCPU had executed when it last stood.</summary>
    internal void Extend(Vcpu cpu)
    {
        // Its own thread may be about to write down where it has come to: either is right.
        ulong retired = Volatile.Read(ref cpu.State.Retired);
        if (_reached[cpu.Index] != retired)
        {
            Turn(cpu.Index);
            End += retired - _reached[cpu.Index];
            _reached[cpu.Index] = retired;
        }
    }

    /// <summary>The same because of another vCPU, whose next instruction comes behind it.</summary>
    internal void Extend(Vcpu cpu, Vcpu waiting)
    {
        Extend(cpu);
        if (_knownSteps[waiting.Index, cpu.Index] != _steps[cpu.Index] || _known[waiting.Index, cpu.Index] < _reached[cpu.Index])
        {
            Wait(cpu.Index, waiting);
        }
    }

    /// <summary>A vCPU's next instruction comes behind what another one had executed at some moment before.</summary>
    /// <param name="vcpu">The other one; what it had executed is on the line.</param>
    /// <param name="retired">Its instructions at that moment.</param>
    /// <param name="waiting">The vCPU that comes behind.</param>
    internal void Order(int vcpu, ulong retired, Vcpu waiting)
    {
        if (_known[waiting.Index, vcpu] < retired)
        {
            Wait(vcpu, waiting);
        }
    }

    /// <summary>Puts on the line what a vCPU that acts has executed, and ends the line in its turn: what is logged next is a step of its own.</summary>
    internal void EndWith(Vcpu cpu)
    {
        Extend(cpu);
        Turn(cpu.Index);
        _steps[cpu.Index]++;
    }

    /// <summary>All vCPUs stand, and all that they have executed is on the line.</summary>
    internal void Cut()
    {
        KnowAll();
        Log(default(CommonCut));
    }

    /// <summary>Logs something at the end.</summary>
    internal void Log<T>(T record)
        where T : struct, IRecord<T> => _log()?.Append(new Position(0, End), record);

    private void KnowAll()
    {
        for (int vcpu = 0; vcpu < _reached.Length; vcpu++)
        {
            for (int other = 0; other < _reached.Length; other++)
            {
                _known[vcpu, other] = _reached[other];
                _knownSteps[vcpu, other] = _steps[other];
            }
        }
    }

    private void Wait(int vcpu, Vcpu waiting)
    {
        _known[waiting.Index, vcpu] = _reached[vcpu];
        _knownSteps[waiting.Index, vcpu] = _steps[vcpu];
        Turn(vcpu);
        Log(new VcpuWait(waiting.Index, waiting.State.Retired - _reached[waiting.Index]));

        // Whoever waits for this one then waits for the other, too.
        _steps[waiting.Index]++;
    }

    private void Turn(int vcpu)
    {
        if (Current != vcpu)
        {
            Current = vcpu;
            Log(new VcpuTurn(vcpu));
        }
    }
}
