using Guest.Machine;
using Guest.Machine.Board;
using Replay.Multicore;
using Vmm.Record.BackEnds;
using Vmm.Record.Control;

namespace Vmm.Record;

/// <summary>The part of a live run that all of them share: the loop, and what is said of its end.</summary>
internal sealed class LiveSession
{
    private readonly VirtualMachine _machine;
    private readonly LiveBackEnds _backEnds;
    private readonly ConsoleQueue _console;

    /// <summary>Prepares to run a machine whose back ends are connected.</summary>
    internal LiveSession(VirtualMachine machine, LiveBackEnds backEnds, ConsoleQueue console)
    {
        _machine = machine;
        _backEnds = backEnds;
        _console = console;
    }

    /// <summary>What ends the run before the guest does.</summary>
    internal RunLimits Limits { get; init; } = new();

    /// <summary>Instructions between two state hashes; null to let the clock's mode decide.</summary>
    internal ulong? HashEvery { get; init; }

    /// <summary>What is done where the machine stands still.</summary>
    internal IReadOnlyList<IStillWork> Works { get; init; } = [];

    /// <summary>Serves those who control the machine from outside; it is one of the works. Null for nobody.</summary>
    internal MachineControl? Control { get; init; }

    /// <summary>The seed of random pauses of vCPUs that run at once; 0 for none.</summary>
    internal ulong ChaosSeed { get; init; }

    /// <summary>Called about a thousand times a second.</summary>
    internal Action<VirtualMachine>? Polled { get; init; }

    /// <summary>Runs to the end.</summary>
    /// <param name="target">Where inputs are logged.</param>
    internal RunResult Run(LogTarget target)
    {
        var inputs = new LiveInputs(_machine, _console, _backEnds, Limits, target, new HashSchedule(HashEvery, _machine.Description.ClockMode))
        {
            Polled = Polled, Control = Control, Still = Works.Count > 0 ? new StillMoments(Works, _backEnds) : null,
        };
        ulong begin = _machine.Position.Retired;
        try
        {
            _console.Bell.Connect(_machine);
            RunToEnd(inputs, target);
        }
        catch (ReplayKitException failure) when (target.Recording is { Log.HasEnded: false } recording)
        {
            recording.EndWith(_machine.Position, failure);
            throw;
        }
        finally
        {
            _console.Bell.Connect(null);
        }

        target.Recording?.Flush(_machine.Position);
        target.DropFull(_machine);
        return new RunResult(inputs.Reason, _machine.Position, _machine.Position.Retired - begin, target.Recording?.Log.Bytes ?? 0, target.Lost);
    }

    private void RunToEnd(LiveInputs inputs, LogTarget target)
    {
        if (!_machine.Description.Parallel)
        {
            MachineLoop.Run(_machine, inputs);
            return;
        }

        using var run = new ParallelRun(_machine, () => target.Recording?.Log, () => inputs.Now, ChaosSeed);
        inputs.Parallel = run;
        MachineLoop.Run(_machine, inputs, run.Run);
    }
}
