using Guest.Machine;
using Guest.Machine.Board;
using Guest.Machine.Devices;
using Guest.Machine.X86;
using Replay.Log;
using Replay.Log.Records;
using Replay.Log.Segments;

namespace Replay.Multicore.Tests;

/// <summary>The line of turns: what it says of vCPUs that ran at once, and that it says no more.</summary>
public sealed class TurnLineTests : IDisposable
{
    private readonly VirtualMachine _machine = new(MachineSetup.Describe("x86-64-v2", 1 << 20, 3, ClockMode.Host) with { Parallel = true }, new Nowhere());
    private readonly string _folder = Directory.CreateTempSubdirectory("replaykit-line").FullName;
    private readonly LogWriter _log;
    private readonly TurnLine _line;

    public TurnLineTests()
    {
        _log = new LogWriter(new SegmentFolder(_folder), "{}"u8, 3, LogOptions.Default);
        _line = new TurnLine(_machine.Cpus, 0, () => _log);
    }

    public void Dispose()
    {
        _log.Dispose();
        _machine.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void What_a_vcpu_has_executed_is_put_behind_what_is_there()
    {
        Stand(0, 100);
        Stand(1, 7);
        Stand(0, 130);
        Assert.Equal(137UL, _line.End);
        Assert.Equal(["0:64 1", "0:6b 0"], Turns());
    }

    [Fact]
    public void A_vcpu_that_has_executed_nothing_gets_no_turn()
    {
        Stand(0, 100);
        Stand(1, 0);
        Stand(2, 0);
        Stand(0, 100);
        Stand(0, 200);
        Assert.Empty(Turns());
        Assert.Equal((0, 200UL), (_line.Current, _line.End));
    }

    [Fact]
    public void What_is_logged_of_a_vcpu_stands_in_its_turn()
    {
        Stand(0, 100);
        _line.EndWith(_machine.Cpus[2]);
        _line.Log(default(InterruptTaken));
        _line.EndWith(_machine.Cpus[2]);
        Assert.Equal(["0:64 2", "0:64 interrupt"], Turns());
    }

    [Fact]
    public void A_wait_is_told_once_until_there_is_something_new_to_wait_for()
    {
        Vcpu first = _machine.Cpus[0];
        Vcpu second = _machine.Cpus[1];
        Stand(0, 100);
        second.State.Retired = 7;
        _line.Extend(first, second);
        _line.Extend(first, second);
        _line.Order(0, 90, second);
        Assert.Equal(["0:64 1 waits 7"], Turns());
        _line.EndWith(first);
        _line.Log(default(InterruptTaken));
        _line.Extend(first, second);
        Assert.Equal(["0:64 1 waits 7", "0:64 interrupt", "0:64 1 waits 7"], Turns());
    }

    [Fact]
    public void Whoever_waits_for_one_that_waits_comes_behind_both()
    {
        Stand(0, 100);
        Stand(1, 5);
        _line.Extend(_machine.Cpus[1], _machine.Cpus[2]);
        _line.Extend(_machine.Cpus[0], _machine.Cpus[1]);
        _line.Extend(_machine.Cpus[1], _machine.Cpus[2]);
        Assert.Equal(["0:64 1", "0:69 2 waits 0", "0:69 0", "0:69 1 waits 0", "0:69 1", "0:69 2 waits 0"], Turns());
    }

    [Fact]
    public void Behind_a_common_cut_nobody_waits_for_what_was_before()
    {
        Stand(0, 100);
        Stand(1, 5);
        _line.Cut();
        _line.Extend(_machine.Cpus[0], _machine.Cpus[1]);
        _line.Order(1, 5, _machine.Cpus[2]);
        Assert.Equal(["0:64 1", "0:69 cut"], Turns());
    }

    [Fact]
    public void A_plan_made_of_a_line_has_what_each_vcpu_does_in_its_order()
    {
        ParallelPlan plan = new(_machine.Cpus, 0);
        plan.Wait(100, 1, 7);
        plan.Turn(100, 1);
        plan.TakeInterrupt(110);
        plan.SetTime(110, 5000);
        plan.Wait(120, 0, 0);
        plan.Cut(130);
        Assert.Equal([new PlannedStep(100, PlannedStepKind.Wait, 1, 20, 3)], plan.Steps[0]);
        Assert.Equal(
            [new PlannedStep(7, PlannedStepKind.Wait, 0, 100), new PlannedStep(10, PlannedStepKind.TakeInterrupt), new PlannedStep(10, PlannedStepKind.SetTime, 0, 5000)],
            plan.Steps[1]);
        Assert.Equal([100UL], plan.Stops[0]);
        Assert.Equal([20UL], plan.Stops[1]);
        Assert.Equal([100UL, 30UL, 0UL], plan.Own);
    }

    [Fact]
    public void A_line_goes_on_from_where_its_vcpus_stand()
    {
        _machine.Cpus[0].State.Retired = 40;
        _machine.Cpus[2].State.Retired = 2;
        TurnLine line = new(_machine.Cpus, 2, () => _log);
        Assert.Equal(42UL, line.End);
        line.Extend(_machine.Cpus[2]);
        _machine.Cpus[1].State.Retired = 1;
        line.Extend(_machine.Cpus[1]);
        Assert.Equal(["0:2a 1"], Turns(line.End));
    }

    private void Stand(int vcpu, ulong retired)
    {
        Vcpu cpu = _machine.Cpus[vcpu];
        cpu.State.Retired = retired;
        _line.Extend(cpu);
    }

    private List<string> Turns(ulong end = 0)
    {
        _log.Flush(new Position(0, Math.Max(end, _line.End)));
        List<string> turns = [];
        using LogReader log = new(new SegmentFolder(_folder), 3);
        while (log.Next())
        {
            turns.Add($"{log.Position} " + log.Kind switch
            {
                RecordKind.VcpuTurn => $"{log.Read<VcpuTurn>().Vcpu}",
                RecordKind.VcpuWait => $"{log.Read<VcpuWait>().Vcpu} waits {log.Read<VcpuWait>().Ahead}",
                RecordKind.CommonCut => "cut",
                _ => "interrupt",
            });
        }

        return turns;
    }

    private sealed class Nowhere : IConsoleOutput
    {
        public void Write(byte value)
        {
        }
    }
}
