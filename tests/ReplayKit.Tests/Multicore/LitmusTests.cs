using System.Globalization;
using Guest.Machine;
using Guest.Machine.Board;
using Guest.Machine.Devices;
using Replay.Engine;
using Replay.Log;
using Replay.Log.Records;
using ReplayKit.Tests.Command;
using Vmm.Record;

namespace ReplayKit.Tests.Multicore;

/// <summary>Processors in parallel see of one another what x86 allows, and a replay sees the same.</summary>
public sealed class LitmusTests(LitmusGuest guest) : IClassFixture<LitmusGuest>
{
    // Passes over 16,384 places for each of ten tests.
    private static readonly int Rounds = int.Parse(Environment.GetEnvironmentVariable("REPLAYKIT_LITMUS") ?? "1", CultureInfo.InvariantCulture);

    private static readonly int Races = int.Parse(Environment.GetEnvironmentVariable("REPLAYKIT_RACES") ?? "3", CultureInfo.InvariantCulture);

    [Fact]
    public void No_outcome_is_one_that_x86_forbids_and_every_replay_has_the_same()
    {
        Dictionary<string, long> seen = guest.Record("litmus.rk", 4, Rounds, "--schedule", "parallel");
        Check(seen);
        CommandResult verify = ReplayKitCommand.Run("verify", guest.File("litmus.rk"));
        Assert.True(verify.ExitCode == 0, verify.Error);
        Assert.Equal(seen, SmpGuest.Values(ReplayKitCommand.Run("replay", guest.File("litmus.rk")).Output));
        CommandResult made = ReplayKitCommand.Run("checkpoint", guest.File("litmus.rk"), "--every", "100000000");
        Assert.True(made.ExitCode == 0, made.Error);
        CommandResult segments = ReplayKitCommand.Run("verify", guest.File("litmus.rk"), "--jobs", "2");
        Assert.True(segments.ExitCode == 0, segments.Error);
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(4, 2)]
    public void Threads_that_stop_at_random_change_nothing_that_must_be(int cpus, ulong seed)
    {
        string name = $"stopped-{cpus}.rk";
        MachineDescription machine = MachineSetup.Describe("x86-64-v3", 64UL << 20, cpus, ClockMode.Host) with { Parallel = true, Turns = null };
        Recorder recorder = new(machine, MachineFiles.Load(guest.Kernel, null, $"cpus={cpus} rounds=1"), new RunLimits())
        {
            Engine = EngineOptions.Default with { ChaosSeed = seed },
        };
        using ConsoleQueue keys = new();
        keys.Close();
        CollectedConsole console = new();
        Assert.Equal(EndReason.PowerOff, recorder.Record(guest.File(name), LogOptions.Default, keys, console).Reason);
        Check(SmpGuest.Values(console.Text));
        CommandResult verify = ReplayKitCommand.Run("verify", guest.File(name));
        Assert.True(verify.ExitCode == 0, verify.Error);
        using (Replayer stopped = new(RecordingFolder.Open(guest.File(name)), new NoConsole(), EngineOptions.Default with { AtOnce = true }))
        {
            stopped.RunAtOnce(verify: true, chaosSeed: seed);
            Assert.True(stopped.HashesCompared > 0);
        }

        Assert.Equal(SmpGuest.Values(console.Text), SmpGuest.Values(ReplayKitCommand.Run("replay", guest.File(name)).Output));
    }

    [Fact]
    public void Races_end_differently_from_run_to_run_and_as_recorded_in_each_replay()
    {
        HashSet<long> sequences = [];
        for (int run = 0; run < Races; run++)
        {
            Dictionary<string, long> seen = guest.Record($"race-{run}.rk", 2, 20, "--schedule", "parallel");
            sequences.Add(seen["sequence"]);
            Assert.Equal(seen, SmpGuest.Values(ReplayKitCommand.Run("replay", guest.File($"race-{run}.rk")).Output));
        }

        Assert.True(sequences.Count > 1, "all races ended the same");
    }

    // Of each test, the loaded values of its processors, the first one's first.
    private static void Check(Dictionary<string, long> seen)
    {
        string[] forbidden = ["sb+mfence 00", "sb+lock 00", "mp 10", "lb 11", "coherence 10", "coherence 20", "coherence 21", "iriw 1010", "crossing 10"];
        Assert.DoesNotContain(seen.Keys, name => forbidden.Contains(name));
        Assert.True(seen.Count > 10);
    }

    private sealed class CollectedConsole : IConsoleOutput
    {
        private readonly List<byte> _bytes = [];

        internal string Text => System.Text.Encoding.ASCII.GetString([.. _bytes]);

        public void Write(byte value) => _bytes.Add(value);
    }
}
