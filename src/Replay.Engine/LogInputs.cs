using System.Text;
using Guest.Machine;
using Guest.Machine.Board;
using Replay.Log;
using Replay.Log.Records;

namespace Replay.Engine;

/// <summary>The log as a source of inputs: each record is applied at its position.</summary>
internal sealed partial class LogInputs : IInputSource
{
    private readonly LogReader _log;
    private readonly ReplayDisks _disks;
    private bool _hasRecord;
    private Position _lastApplied;
    private int _appliedThere;

    /// <summary>Creates the source; the log stands before the first record that the machine has not got.</summary>
    /// <param name="log">The log.</param>
    /// <param name="disks">The disks, as they are where the machine stands.</param>
    /// <param name="at">Where the machine stands.</param>
    /// <param name="applied">Records of just this position that it has got.</param>
    internal LogInputs(LogReader log, ReplayDisks disks, Position at, int applied)
    {
        _log = log;
        _disks = disks;
        _lastApplied = at;
        _appliedThere = applied;
        _hasRecord = log.Next();
    }

    /// <summary>Where to stop, or null for the recording's end.</summary>
    internal Position? To { get; set; }

    /// <summary>Compares the machine with the log's state hashes, or null.</summary>
    internal StateComparer? Comparer { get; set; }

    /// <summary>Called whenever the machine has come back, before the records of its position are applied.</summary>
    internal Action<VirtualMachine>? Advanced { get; set; }

    /// <summary>Positions between records at which the replay comes back to report, in instructions.</summary>
    internal ulong ReportEvery { get; set; } = 5_000_000;

    /// <summary>The host's vendor that the log has noted so far; empty for none.</summary>
    internal string Vendor { get; set; } = string.Empty;

    /// <inheritdoc/>
    public bool StopsInRep => false;

    private Position Next => _hasRecord ? _log.Position : _log.CompleteTo;

    /// <summary>Records of the machine's position that have been applied.</summary>
    internal int AppliedAt(Position at) => at == _lastApplied ? _appliedThere : 0;

    /// <inheritdoc/>
    public Position NextStop(VirtualMachine machine)
    {
        SkipOrder(machine);
        Position next = To is { } to && to.IsBefore(Next) ? to : Next;
        ulong report = machine.Position.Retired + ReportEvery;
        return report < next.Retired ? new Position(next.Vcpu, report) : next;
    }

    /// <inheritdoc/>
    public bool Apply(VirtualMachine machine, RunStop stop)
    {
        if (stop == RunStop.Stopped)
        {
            return false;
        }

        Advanced?.Invoke(machine);
        if (To is { } to && !machine.Position.IsBefore(to) && !Next.IsBefore(to))
        {
            return false;
        }

        bool applied = false;
        while (_hasRecord && machine.Position == _log.Position)
        {
            if (!ApplyRecord(machine))
            {
                return false;
            }

            Count(_log.Position);
            applied = true;
            _hasRecord = _log.Next();
        }

        if (!_hasRecord && machine.Position.Retired >= _log.CompleteTo.Retired)
        {
            return false;
        }

        if (!applied && (stop != RunStop.Reached || IsBeyond(machine)))
        {
            throw Departure(machine, stop);
        }

        return true;
    }

    private void Count(Position at)
    {
        _appliedThere = at == _lastApplied ? _appliedThere + 1 : 1;
        _lastApplied = at;
    }

    private bool IsBeyond(VirtualMachine machine) => _hasRecord && machine.Position.Retired > _log.Position.Retired;

    // The machine idles, ends or is past the next record: it is not where the recording was.
    private ReplayKitException Departure(VirtualMachine machine, RunStop stop)
    {
        string what = stop switch
        {
            RunStop.Idle => "idles",
            RunStop.Ended => $"has ended ({machine.End})",
            _ => "runs on",
        };
        return new ReplayKitException(501, ExitCode.Divergence, $"the replay left the recording: at {machine.Position} it {what}, where the recording's next record is at {Next}; run 'verify' to find the interval");
    }

    private static ReplayKitException NotWanted(VirtualMachine machine, string who) =>
        new(501, ExitCode.Divergence, $"the replay left the recording: at {machine.Position} {who} does not take what it took when it was recorded");

    private bool ApplyRecord(VirtualMachine machine)
    {
        switch (_log.Kind)
        {
            case RecordKind.TimeAnchor:
                TimeAnchor anchor = _log.Read<TimeAnchor>();
                machine.ApplyAnchor(anchor.Tsc, anchor.Rate);
                return true;
            case RecordKind.ConsoleInput:
                ReadOnlySpan<byte> typed = _log.Read<ConsoleInput>().Bytes;
                return machine.ApplyConsole(typed) == typed.Length ? true : throw NotWanted(machine, "the console");
            case RecordKind.ConsoleSize:
                ConsoleSize size = _log.Read<ConsoleSize>();
                return machine.ApplyConsoleSize(size.Columns, size.Rows) ? true : throw NotWanted(machine, "the console");
            case RecordKind.EntropyInput:
                EntropyInput entropy = _log.Read<EntropyInput>();
                return machine.ApplyEntropy(entropy.Slot, entropy.Bytes) ? true : throw NotWanted(machine, $"the device in slot {entropy.Slot}");
            case RecordKind.DiskAnswer:
                DiskAnswer answer = _log.Read<DiskAnswer>();
                return _disks.Answer(machine, answer) ? true : throw NotWanted(machine, $"the disk in slot {answer.Slot}");
            case RecordKind.FrameInput:
                FrameInput frame = _log.Read<FrameInput>();
                return machine.ApplyFrame(frame.Slot, frame.Frame) ? true : throw NotWanted(machine, $"the network device in slot {frame.Slot}");
            case RecordKind.VcpuTurn when machine.Description.Parallel:
                machine.ApplyTurn(_log.Read<VcpuTurn>().Vcpu);
                return true;
            case RecordKind.InterruptTaken when machine.Description.Parallel:
                return machine.ApplyInterrupt() ? true : throw NotWanted(machine, "the vCPU in turn");
            case RecordKind.VcpuWait or RecordKind.CommonCut when machine.Description.Parallel:
                return true;
            case RecordKind.StateHash:
                Comparer?.Compare(machine, _log.Read<StateHash>());
                return true;
            case RecordKind.HostVendor:
                Vendor = Encoding.ASCII.GetString(_log.Read<HostVendor>().Name);
                return true;
            case RecordKind.End:
                return false;
            default:
                throw new ReplayKitException(502, ExitCode.BadInput, $"a record of kind {_log.Kind} at {_log.Position} stands where none of its kind may");
        }
    }
}
