using System.Collections.Immutable;
using System.Globalization;
using Guest.Machine;
using Guest.Machine.State;
using Guest.Machine.X86;
using Replay.Engine;
using Replay.Engine.Debug;
using Replay.Log;
using ReplayKit.Tests.Checkpoints;

namespace ReplayKit.Tests.Debug;

/// <summary>Forwards and backwards by instructions: every place is the same wherever one comes from.</summary>
[Collection(CheckpointedBoot.Collection)]
public sealed class TimeTravelTests(CheckpointedBoot boot)
{
    private const ulong Window = 20_000;

    [Fact]
    public void Stepping_forward_and_as_often_back_gives_the_same_registers()
    {
        Random random = new(3);
        int rounds = int.TryParse(Environment.GetEnvironmentVariable("REPLAYKIT_ROUNDS"), NumberStyles.None, CultureInfo.InvariantCulture, out int wanted) ? wanted : 12;
        using DebuggedReplay replay = new(RecordingFolder.Open(boot.Path), new NoConsole(), new Position(0, 30_000_000));
        for (int round = 0; round < rounds; round++)
        {
            replay.GoTo(Place(random));
            List<(Moment, string)> way = [State(replay)];
            for (int step = random.Next(1, 50); step > 0; step--)
            {
                Assert.Equal(StopCause.Arrived, replay.Step().Cause);
                way.Add(State(replay));
            }

            way.Reverse();
            foreach ((Moment, string) expected in way.Skip(1))
            {
                Assert.Equal(StopCause.Arrived, replay.StepBack().Cause);
                Assert.Equal(expected, State(replay));
            }
        }
    }

    [Fact]
    public void Around_faults_interrupts_and_idle_times_every_step_can_be_taken_back()
    {
        using DebuggedReplay replay = new(RecordingFolder.Open(boot.Path), new NoConsole(), boot.States[0].At);
        int several = 0;
        foreach ((Position at, _) in boot.States)
        {
            replay.GoTo(new Moment(at.Retired));
            List<Moment> all = [replay.Now, .. AllPlaces(replay, 5000, _ => true)];
            foreach (Moment moment in all.Skip(1).Where(moment => moment.Tries > 0).Take(4))
            {
                several++;
                replay.GoTo(moment);
                (Moment, string) there = State(replay);
                Assert.Equal(StopCause.Arrived, replay.StepBack().Cause);
                Assert.Equal(all[all.IndexOf(moment) - 1], replay.Now);
                replay.Step();
                Assert.Equal(there, State(replay));
            }
        }

        Assert.True(several > 3, $"{several} places with several tries");
    }

    [Fact]
    public void Breakpoints_stop_at_the_same_places_forwards_and_backwards()
    {
        Random random = new(4);
        using DebuggedReplay replay = new(RecordingFolder.Open(boot.Path), new NoConsole(), boot.States[0].At) { Jobs = 3 };
        for (int round = 0; round < 3; round++)
        {
            Moment start = Place(random);
            replay.GoTo(start);
            List<ulong> counters = [];
            AllPlaces(replay, Window, cpu => Add(counters, cpu.LinearPc));
            ImmutableArray<ulong> breakpoints = [.. Seldom(counters).OrderBy(_ => random.Next()).Take(4).Order()];
            replay.GoTo(start);
            List<Moment> expected = AllPlaces(replay, Window, cpu => breakpoints.Contains(cpu.LinearPc));
            Compare(replay, start, expected, new Conditions { Breakpoints = breakpoints }, StopCause.Breakpoint, isBefore: false);
        }
    }

    [Theory]
    [InlineData(WatchKind.Write)]
    [InlineData(WatchKind.Read)]
    [InlineData(WatchKind.Access)]
    public void Watchpoints_see_every_access_to_their_bytes_forwards_and_backwards(WatchKind kind)
    {
        Random random = new(5);
        using DebuggedReplay replay = new(RecordingFolder.Open(boot.Path), new NoConsole(), boot.States[0].At) { Jobs = 3 };
        for (int round = 0; round < 2; round++)
        {
            Moment start = Place(random);
            Accesses accesses = new(replay.Cpu);
            replay.GoTo(start);
            replay.Cpu.Observe(accesses);
            AllPlaces(replay, Window, accesses.Begins);
            replay.Cpu.Observe(null);
            ImmutableArray<Watchpoint> points = [.. Seldom(accesses.Bytes(kind)).OrderBy(_ => random.Next()).Take(3).Select(at => new Watchpoint(new GuestVirtual(at), (ulong)random.Next(1, 9), kind))];
            List<Moment> expected = accesses.Places(points, start);
            Compare(replay, start, expected, new Conditions { Watchpoints = points }, StopCause.Watchpoint, isBefore: true);
        }
    }

    [Fact]
    public void The_recordings_ends_stop_a_run_in_either_direction()
    {
        using DebuggedReplay replay = new(RecordingFolder.Open(boot.Path), new NoConsole(), new Position(0, 100_000_000));
        Assert.Equal(StopCause.End, replay.Continue(Conditions.None).Cause);
        Assert.True(replay.IsAtEnd);
        (Moment, string) end = State(replay);
        Assert.Equal(StopCause.Arrived, replay.StepBack().Cause);
        Assert.Equal(StopCause.Arrived, replay.StepBack().Cause);
        Assert.Equal(end.Item1.Retired - 2, replay.Now.Retired);
        replay.Step();
        replay.Step();
        Assert.Equal(end, State(replay));
        Assert.Equal(StopCause.Start, replay.ContinueBack(Conditions.None).Cause);
        Assert.Equal(new Moment(0), replay.Now);
        Assert.Equal(StopCause.Start, replay.StepBack().Cause);
    }

    [Fact]
    public void The_last_write_and_all_writes_are_the_same_by_one_processor_and_by_three()
    {
        using DebuggedReplay alone = new(RecordingFolder.Open(boot.Path), new NoConsole(), new Position(0, 110_000_000));
        using DebuggedReplay several = new(RecordingFolder.Open(boot.Path), new NoConsole(), new Position(0, 110_000_000)) { Jobs = 3 };
        alone.GoTo(new Moment(90_000_000));
        several.GoTo(new Moment(90_000_000));
        Watchpoint stack = new(new GuestVirtual(alone.Cpu.State.Rsp & ~0xFFUL), 0x40, WatchKind.Write);
        IReadOnlyList<SeenWrite> all = alone.Writes(stack, isBefore: false, int.MaxValue, Conditions.None);
        Assert.True(all.Count > 10, $"{all.Count} writes");
        Assert.Equal(all.OrderBy(write => write.At), all);
        Assert.Equal(all, several.Writes(stack, isBefore: false, int.MaxValue, Conditions.None));
        List<SeenWrite> before = [.. all.Where(write => write.At < new Moment(90_000_000))];
        foreach (int most in (int[])[1, 2, 7])
        {
            Assert.Equal(before.TakeLast(most), alone.Writes(stack, isBefore: true, most, Conditions.None));
            Assert.Equal(before.TakeLast(most), several.Writes(stack, isBefore: true, most, Conditions.None));
        }

        Assert.Equal(new Moment(90_000_000), several.Now);
        Assert.Equal(State(alone), State(several));
    }

    [Fact]
    public void Whoever_interrupts_a_search_stands_where_he_stood()
    {
        using DebuggedReplay replay = new(RecordingFolder.Open(boot.Path), new NoConsole(), new Position(0, 110_000_000)) { Jobs = 2 };
        (Moment, string) here = State(replay);
        replay.Interrupt();
        Assert.Equal(StopCause.Interrupted, replay.ContinueBack(new Conditions { Breakpoints = [1] }).Cause);
        Assert.Equal(here, State(replay));
        Assert.Equal(StopCause.Start, replay.ContinueBack(new Conditions { Breakpoints = [1] }).Cause);
    }

    // Runs over a window in both directions; forwards a watchpoint stops behind the instruction, backwards before it.
    private static void Compare(DebuggedReplay replay, Moment start, List<Moment> expected, Conditions conditions, StopCause cause, bool isBefore)
    {
        replay.GoTo(start);
        List<Moment> forward = [];
        while (replay.Continue(conditions).Cause == cause && replay.Now.Retired < start.Retired + Window)
        {
            if (isBefore)
            {
                replay.StepBack();
            }

            forward.Add(replay.Now);
            if (isBefore)
            {
                replay.Step();
            }
        }

        Assert.Equal(expected, forward);
        replay.GoTo(new Moment(start.Retired + Window));
        List<Moment> backward = [];
        while (replay.ContinueBack(conditions).Cause == cause && replay.Now > start)
        {
            backward.Add(replay.Now);
        }

        backward.Reverse();
        Assert.Equal(expected, backward);
    }

    // Each stop backwards replays a piece of the recording: few are enough.
    private static IEnumerable<ulong> Seldom(IEnumerable<ulong> addresses) => addresses.GroupBy(address => address).Where(group => group.Count() < 4).Select(group => group.Key);

    private static bool Add(List<ulong> counters, ulong counter)
    {
        counters.Add(counter);
        return true;
    }

    private static Moment Place(Random random) => new((ulong)random.NextInt64(20_000_000, 110_000_000));

    private static List<Moment> AllPlaces(DebuggedReplay replay, ulong instructions, Func<Vcpu, bool> isWanted)
    {
        List<Moment> places = [];
        Moment start = replay.Now;
        replay.StepWhile(cpu =>
        {
            bool isInside = cpu.State.Retired < start.Retired + instructions;
            if (isInside && isWanted(cpu))
            {
                places.Add(Moment.Of(cpu));
            }

            return isInside;
        });
        return places;
    }

    private static (Moment, string) State(DebuggedReplay replay)
    {
        StateWriter writer = new();
        CpuRegisters.Save(replay.Cpu, writer);
        return (replay.Now, Convert.ToHexString(writer.Written));
    }

    /// <summary>Every access of a window by the place at which its instruction began, or before which an interrupt's delivery made it.</summary>
    private sealed class Accesses(Vcpu cpu) : IAccessObserver
    {
        private readonly List<(Moment? At, ulong Address, int Size, bool Write)> _all = [];
        private Moment? _at;

        public bool Begins(Vcpu vcpu)
        {
            _at = Moment.Of(vcpu);
            return false;
        }

        public void Accessed(ulong linear, ulong physical, int size, bool write, ulong value) => _all.Add((cpu.State.Retired < _at?.Retired ? null : _at, linear, size, write));

        public IEnumerable<ulong> Bytes(WatchKind kind) =>
            _all.Where(access => access.At is not null && (kind == WatchKind.Access || access.Write == (kind == WatchKind.Write))).Select(access => access.Address);

        public List<Moment> Places(ImmutableArray<Watchpoint> points, Moment start) =>
            [.. _all.Where(access => access.At > start && points.Any(point => point.Covers(access.Address, access.Size, access.Write))).Select(access => access.At!.Value).Distinct()];
    }
}
