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

    /// <param name="cpus">The vCPUs where the line begins.</param>
    /// <param name="current">The one whose turn it is there.</param>
    /// <param name="log">Where turns are logged; null while nothing is recorded.</param>
    internal TurnLine(IReadOnlyList<Vcpu> cpus, int current, Func<LogWriter?> log)
    {
        _log = log;
        _reached = [.. cpus.Select(cpu => cpu.State.Retired)];
        Current = current;
        foreach (ulong reached in _reached)
        {
            End += reached;
        }
    }

    /// <summary>The vCPU whose turn it is at the end.</summary>
    internal int Current { get; private set; }

    /// <summary>Instructions on the line.</summary>
    internal ulong End { get; private set; }

    /// <summary>Puts on the line what a vCPU that stands has executed.</summary>
    internal void Extend(Vcpu cpu)
    {
        if (_reached[cpu.Index] != cpu.State.Retired)
        {
            Turn(cpu);
        }
    }

    /// <summary>The same, and the line ends in the vCPU's turn: what is logged next is done to it.</summary>
    internal void EndWith(Vcpu cpu)
    {
        if (Current != cpu.Index || _reached[cpu.Index] != cpu.State.Retired)
        {
            Turn(cpu);
        }
    }

    /// <summary>Logs something at the end.</summary>
    internal void Log<T>(T record)
        where T : struct, IRecord<T> => _log()?.Append(new Position(0, End), record);

    private void Turn(Vcpu cpu)
    {
        if (Current != cpu.Index)
        {
            Current = cpu.Index;
            Log(new VcpuTurn(cpu.Index));
        }

        End += cpu.State.Retired - _reached[cpu.Index];
        _reached[cpu.Index] = cpu.State.Retired;
    }
}
