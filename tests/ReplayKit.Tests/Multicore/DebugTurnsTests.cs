using System.Text.Json;
using Guest.Machine;
using Replay.Engine;
using Replay.Engine.Debug;
using Replay.Engine.Debug.Gdb;
using Replay.Log;
using ReplayKit.Tests.Command;
using ReplayKit.Tests.Debug;

namespace ReplayKit.Tests.Multicore;

/// <summary>A debugger on a recording of several processors: each is a thread, and time goes both ways along the one line of their turns.</summary>
public sealed class DebugTurnsTests(SmpGuest guest) : IClassFixture<SmpGuest>
{
    private const int Cpus = 3;

    [Fact]
    public void Steps_back_go_the_way_of_the_steps_forth_across_turns()
    {
        using DebuggedReplay replay = Open("steps.rk", "turns:80");
        List<(Moment At, int Cpu, ulong Rip)> places = [];
        for (int i = 0; i < 300; i++)
        {
            places.Add(Place(replay));
            replay.Step();
        }

        Assert.True(places.Select(place => place.Cpu).Distinct().Count() > 1, "all steps were in one turn");
        for (int i = places.Count - 1; i >= 0; i -= 7)
        {
            replay.GoTo(places[i].At);
            Assert.Equal(places[i], Place(replay));
        }

        replay.GoTo(places[40].At);
        for (int i = 39; i >= 0; i--)
        {
            replay.StepBack();
            Assert.Equal(places[i], Place(replay));
        }
    }

    [Fact]
    public void A_watchpoint_finds_the_stores_of_all_processors()
    {
        using DebuggedReplay replay = Open("watched.rk", "turns:50");
        ulong address = Symbol("unlocked");
        HashSet<int> writers = [];
        for (int i = 0; i < 60; i++)
        {
            DebugStop stop = replay.ContinueBack(new Conditions { Watchpoints = [new Watchpoint(new GuestVirtual(address), 8, WatchKind.Write)] });
            if (stop.Cause != StopCause.Watchpoint)
            {
                break;
            }

            writers.Add(replay.Cpu.Index);
        }

        Assert.True(writers.Count > 1, "only one processor was seen to write");
    }

    [Fact]
    public void Each_processor_is_a_thread_with_registers_of_its_own()
    {
        using DebuggedReplay replay = Open("threads.rk", "chaos:5");
        GdbServer server = GdbServer.OnPort(0);
        Thread served = new(() => server.Serve(replay, _ => throw new InvalidOperationException("no places"), once: true));
        served.Start();
        using (GdbClient client = new(server.Target))
        {
            Assert.Equal("m1,2,3", client.Ask("qfThreadInfo"));
            Assert.Equal(["OK", "OK", "OK", "E01"], ((string[])["T1", "T2", "T3", "T4"]).Select(packet => client.Ask(packet)));
            string?[] registers = [.. ((string[])["Hg1", "Hg2", "Hg3"]).Select(packet => client.Ask(packet) == "OK" ? client.Ask("g") : null)];
            Assert.Equal(Cpus, registers.Distinct().Count());
            Assert.Contains("thread:2;", client.Ask("vCont;s:2;c"), StringComparison.Ordinal);
            Assert.Equal("QC2", client.Ask("qC"));
            Assert.Contains("thread:3;", client.Ask("vCont;s:3"), StringComparison.Ordinal);
            Assert.Contains("<thread id=\"3\" core=\"2\" name=\"CPU 2\"/>", client.Ask("qXfer:threads:read::0,fff"), StringComparison.Ordinal);
            Assert.Equal("OK", client.Ask("D"));
        }

        served.Join();
        server.Dispose();
    }

    [Theory]
    [InlineData("turns:50", 3000)]
    [InlineData("parallel", 500_000)]
    public void A_stock_gdb_stops_at_both_sides_of_a_race_forwards_and_backwards(string schedule, int rounds)
    {
        // In parallel it is the host's scheduler that says who holds the page around that moment: sometimes one alone.
        string[][] stops = [];
        int most = schedule == "parallel" ? 10 : 1;
        for (int attempt = 0; attempt < most && stops.Select(stop => stop[2]).Distinct().Count() < 2; attempt++)
        {
            stops = StopsOfRace($"race-{schedule[..5]}-{attempt}.rk", schedule, rounds);
        }

        string[][] forth = [.. stops.Where(stop => stop[1] == "forth")];
        string[][] back = [.. stops.Where(stop => stop[1] == "back").Reverse()];
        Assert.Equal(6, forth.Length);
        Assert.Equal(["1", "2"], forth.Select(stop => stop[2]).Distinct().Order());
        Assert.All(stops, stop => Assert.Equal("race", stop[4]));

        // Forwards it stands behind the instruction that has accessed the variable, backwards before it.
        Assert.Equal(forth.Select(stop => stop[2]), back.Select(stop => stop[2]));
        Assert.Equal(forth.Select(stop => Retired(stop[3]) - 1), back.Select(stop => Retired(stop[3])));
    }

    private string[][] StopsOfRace(string name, string schedule, int rounds)
    {
        guest.Record(name, 2, rounds, "--schedule", schedule);
        CommandResult checkpoints = ReplayKitCommand.Run("checkpoint", guest.File(name), "--every", "5000000");
        Assert.True(checkpoints.ExitCode == 0, checkpoints.Error);
        CommandResult gdb = ReplayKitCommand.Run(
            "debug", guest.File(name), "--at", "start", "--", "-nh", "-batch", "-ex", $"symbol-file {guest.Kernel}", "-x", Checkout.Path("tests", "ReplayKit.Tests", "Multicore", "race.py"));
        Assert.True(gdb.ExitCode == 0, gdb.Output + gdb.Error);
        return [.. gdb.Output.Split('\n').Where(line => line.StartsWith("stop ", StringComparison.Ordinal)).Select(line => line.Split(' '))];
    }

    [Fact]
    public void A_count_of_one_processors_own_instructions_is_a_position()
    {
        string recording = Record("counts.rk", "turns:900");
        CommandResult checkpoints = ReplayKitCommand.Run("checkpoint", recording, "--every", "20000");
        Assert.True(checkpoints.ExitCode == 0, checkpoints.Error);
        RecordingFolder folder = RecordingFolder.Open(recording);
        foreach ((int vcpu, ulong count) in ((int, ulong)[])[(0, 5000), (1, 1), (1, 7777), (2, 12_000)])
        {
            using Replayer straight = new(folder, new NoConsole());
            straight.Machine.OwnStop = (vcpu, count);
            straight.Run();
            Position expected = straight.Machine.Position;
            Assert.Equal(count, straight.Machine.Cpus[vcpu].State.Retired);

            using Replayer found = new(folder, new NoConsole());
            Assert.Equal(expected, found.Find(vcpu, count));
            using JsonDocument json = JsonDocument.Parse(ReplayKitCommand.Run("replay", recording, "--to", $"cpu{vcpu}:{count:x}", "--json").Output);
            Assert.Equal(expected.ToString(), json.RootElement.GetProperty("to").GetString());
        }

        Assert.Equal(1, ReplayKitCommand.Run("replay", recording, "--to", "cpu3:1").ExitCode);
        Assert.Equal(1, ReplayKitCommand.Run("replay", recording, "--to", "cpu1:ffffffffffffffff").ExitCode);
    }

    private static ulong Retired(string place) => Moment.TryParse(place, out Moment moment) ? moment.Retired : throw new FormatException(place);

    private static (Moment At, int Cpu, ulong Rip) Place(DebuggedReplay replay) => (replay.Now, replay.Cpu.Index, replay.Cpu.State.Rip);

    private string Record(string name, string schedule)
    {
        guest.Record(name, Cpus, 3000, "--schedule", schedule);
        return guest.File(name);
    }

    // In the middle of the race.
    private DebuggedReplay Open(string name, string schedule)
    {
        RecordingFolder folder = RecordingFolder.Open(Record(name, schedule));
        return new DebuggedReplay(folder, new NoConsole(), new Position(0, folder.Summary.Last.Retired / 2));
    }

    private ulong Symbol(string name) => ulong.Parse(
        Programs.Run("nm", guest.Kernel).Split('\n').First(line => line.EndsWith(" " + name, StringComparison.Ordinal)).Split(' ')[0],
        System.Globalization.NumberStyles.HexNumber,
        System.Globalization.CultureInfo.InvariantCulture);
}
