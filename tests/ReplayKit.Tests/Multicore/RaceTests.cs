using ReplayKit.Tests.Command;

namespace ReplayKit.Tests.Multicore;

/// <summary>Processors that race: what they do to one another depends on the turns, and comes again in every replay.</summary>
public sealed class RaceTests(SmpGuest guest) : IClassFixture<SmpGuest>
{
    [Theory]
    [InlineData(2, "turns")]
    [InlineData(4, "turns:777")]
    [InlineData(7, "chaos:3")]
    [InlineData(64, "chaos:4")]
    [InlineData(2, "parallel")]
    [InlineData(5, "parallel")]
    [InlineData(16, "parallel")]
    public void All_processors_start_wake_race_and_see_what_the_others_write(int cpus, string schedule)
    {
        // Two that run at once are through with the races of fewer before the second has woken up.
        int rounds = schedule == "parallel" && cpus == 2 ? 300_000 : 3000;
        string name = $"smp-{cpus}-{schedule[..5]}.rk";
        Dictionary<string, long> values = guest.Record(name, cpus, rounds, "--schedule", schedule);
        Assert.Equal(cpus - 1, values["started"]);
        Assert.Equal(cpus - 1, values["woken"]);
        Assert.Equal(cpus - 1, values["nmis"]);
        Assert.Equal(cpus * rounds, values["locked"]);
        Assert.InRange(values["unlocked"], rounds, cpus * rounds);
        Assert.Equal(0, values["backwards"]);
        Assert.Equal(0, values["wrong code"]);
        Assert.Equal(0, values["wrong page"]);
        Assert.Equal(1, values["started again"]);

        // In parallel they wait for one another by spinning, which takes the interpreter long.
        foreach (string engine in schedule == "parallel" && cpus > 2 ? (string[])["translator"] : ["translator", "interpreter"])
        {
            CommandResult verify = ReplayKitCommand.Run("verify", guest.File(name), "--engine", engine);
            Assert.True(verify.ExitCode == 0, verify.Error);
        }

        Assert.Equal(values, SmpGuest.Values(ReplayKitCommand.Run("replay", guest.File(name)).Output));
        CommandResult parallel = ReplayKitCommand.Run("verify", guest.File(name), "--parallel");
        Assert.True(parallel.ExitCode == (schedule == "parallel" ? 0 : 1), parallel.Error);
    }

    [Fact]
    public void Lost_updates_differ_from_seed_to_seed_and_come_again_in_every_replay()
    {
        HashSet<long> seen = [];
        for (int seed = 1; seed <= 12; seed++)
        {
            string name = $"race-{seed}.rk";
            Dictionary<string, long> values = guest.Record(name, 2, 4000, "--schedule", $"chaos:{seed}");
            seen.Add(values["unlocked"]);
            Assert.Equal(values, SmpGuest.Values(ReplayKitCommand.Run("replay", guest.File(name)).Output));
            Assert.Equal(values["unlocked"], guest.Record($"again-{seed}.rk", 2, 4000, "--clock", "virtual", "--schedule", $"chaos:{seed}")["unlocked"]);
        }

        Assert.True(seen.Count > 3, $"only {seen.Count} different results of twelve");
    }

    [Fact]
    public void A_recording_with_one_processor_that_asks_for_a_schedule_is_refused()
    {
        CommandResult refused = ReplayKitCommand.Run("run", "--kernel", guest.Kernel, "--schedule", "turns");
        Assert.Equal(1, refused.ExitCode);
        Assert.StartsWith("replaykit: RK0302: ", refused.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("parallel:2")]
    [InlineData("turns:0")]
    [InlineData("turns:99999999999")]
    [InlineData("chaos:x")]
    public void A_schedule_that_there_is_not_is_refused(string schedule)
    {
        CommandResult refused = ReplayKitCommand.Run("run", "--kernel", guest.Kernel, "--cpus", "2", "--schedule", schedule);
        Assert.Equal(1, refused.ExitCode);
        Assert.StartsWith("replaykit: RK0301: ", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Processors_in_parallel_have_no_time_of_their_own()
    {
        CommandResult refused = ReplayKitCommand.Run("run", "--kernel", guest.Kernel, "--cpus", "2", "--schedule", "parallel", "--clock", "virtual");
        Assert.Equal(1, refused.ExitCode);
        Assert.StartsWith("replaykit: RK0302: ", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_trace_has_the_instructions_of_all_processors_in_their_order()
    {
        const int From = 20_000;
        const int To = 60_000;
        guest.Record("traced.rk", 3, 3000, "--schedule", "turns:1000");
        CommandResult export = ReplayKitCommand.Run(
            "export", guest.File("traced.rk"), "--from", $"{From}", "--to", $"{To}", "--table", "instructions,accesses", "--format", "csv", "--out", guest.File("traced"));
        Assert.True(export.ExitCode == 0, export.Error);
        string[] lines = File.ReadAllLines(Path.Combine(guest.File("traced"), "instructions.csv"));
        Assert.StartsWith("order,vcpu,retired,pc", lines[0], StringComparison.Ordinal);
        long[][] rows = [.. lines.Skip(1).Select(line => line.Split(',').Take(3).Select(value => long.Parse(value, System.Globalization.CultureInfo.InvariantCulture)).ToArray())];
        Assert.Equal(Enumerable.Range(From, To - From), rows.Select(row => (int)row[0]));
        foreach (IGrouping<long, long[]> processor in rows.GroupBy(row => row[1]))
        {
            Assert.Equal(Enumerable.Range(0, processor.Count()).Select(index => processor.First()[2] + index), processor.Select(row => row[2]));
        }

        Assert.Equal(3, rows.Select(row => row[1]).Distinct().Count());
        Assert.True(File.ReadLines(Path.Combine(guest.File("traced"), "accesses.csv")).Skip(1).Select(line => line.Split(',')[1]).Distinct().Count() > 1);
    }

    [Fact]
    public void Plugins_count_the_same_on_both_engines_also_for_processors_that_INIT_has_reset()
    {
        guest.Record("watched.rk", 3, 2000, "--schedule", "chaos:8");
        string[] results = [.. ((string[])["translator", "interpreter"]).Select(engine =>
        {
            string results = guest.File($"blocks-{engine}");
            CommandResult analyze = ReplayKitCommand.Run("analyze", guest.File("watched.rk"), "block-count", "--engine", engine, "--format", "csv", "--out", results);
            Assert.True(analyze.ExitCode == 0, analyze.Error);
            return File.ReadAllText(Path.Combine(results, "block-count.csv"));
        })];
        Assert.Equal(results[0], results[1]);
        Assert.True(results[0].Length > 10, results[0]);
    }
}
