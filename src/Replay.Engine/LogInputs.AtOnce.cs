using Guest.Machine;
using Guest.Machine.Board;
using Replay.Log.Records;
using Replay.Multicore;

namespace Replay.Engine;

/// <content>The log of vCPUs that ran at once, replayed at once: up to each common cut, and there what is done to the whole machine.</content>
internal sealed partial class LogInputs
{
    /// <summary>Replays from a common cut to the recording's end.</summary>
    /// <param name="machine">The machine, where the log stands.</param>
    /// <param name="replay">Executes the vCPUs.</param>
    internal void RunAtOnce(VirtualMachine machine, ParallelReplay replay)
    {
        ParallelPlan plan = new(machine.Cpus, machine.Board.Turns!.Current);
        Position? cut = machine.Position;
        for (; _hasRecord; _hasRecord = _log.Next())
        {
            ulong position = _log.Position.Retired;
            switch (_log.Kind)
            {
                case RecordKind.VcpuTurn:
                    plan.Turn(position, _log.Read<VcpuTurn>().Vcpu);
                    break;
                case RecordKind.VcpuWait:
                    VcpuWait wait = _log.Read<VcpuWait>();
                    plan.Wait(position, wait.Vcpu, wait.Ahead);
                    break;
                case RecordKind.InterruptTaken:
                    plan.TakeInterrupt(position);
                    break;
                case RecordKind.TimeAnchor when cut is null || position != cut.Value.Retired:
                    plan.SetTime(position, _log.Read<TimeAnchor>().Tsc);
                    break;
                case RecordKind.CommonCut:
                    Execute(machine, replay, plan, position);
                    cut = _log.Position;
                    continue;
                default:
                    if (!ApplyAt(machine, cut))
                    {
                        return;
                    }

                    continue;
            }

            cut = null;
        }

        Execute(machine, replay, plan, _log.CompleteTo.Retired);
    }

    // What orders vCPUs that run at once is no input where one runs after the other.
    private void SkipOrder(VirtualMachine machine)
    {
        while (machine.Description.Parallel && _hasRecord && _log.Kind is (RecordKind.VcpuWait or RecordKind.CommonCut))
        {
            _hasRecord = _log.Next();
        }
    }

    private void Execute(VirtualMachine machine, ParallelReplay replay, ParallelPlan plan, ulong position)
    {
        plan.Cut(position);
        replay.Run(plan);
        Advanced?.Invoke(machine);
    }

    private bool ApplyAt(VirtualMachine machine, Position? cut) => cut == _log.Position
        ? ApplyRecord(machine)
        : throw new ReplayKitException(502, ExitCode.BadInput, $"a record of kind {_log.Kind} at {_log.Position} stands where none of its kind may");
}
