using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ReplayKit.Tests.Command;
using ReplayKit.Tests.EndToEnd;
using Xunit.Abstractions;

namespace ReplayKit.Tests.Checkpoints;

/// <summary>Checkpoints by the command: made, used, damaged, and a maker that is killed.</summary>
public sealed class CheckpointCommandTests(TinyGuest guest, ITestOutputHelper output) : IClassFixture<TinyGuest>
{
    // The long form: REPLAYKIT_KILLS=50 (bench/README.md).
    private static readonly int Kills = int.Parse(Environment.GetEnvironmentVariable("REPLAYKIT_KILLS") ?? "3", CultureInfo.InvariantCulture);

    [Fact]
    public void A_replay_of_a_part_prints_the_same_with_checkpoints_and_without()
    {
        string copy = guest.Copy("parts.rk");
        string expected = ReplayKitCommand.Run("replay", copy, "--from", "40%", "--to", "70%").Output;
        JsonElement made = JsonDocument.Parse(Done("checkpoint", copy, "--every", "100000", "--json").Output).RootElement;
        Assert.True(made.GetProperty("checkpoints").GetInt32() > 3);
        Assert.Equal(expected, Done("replay", copy, "--from", "40%", "--to", "70%").Output);
        Assert.Equal(made.GetProperty("checkpoints").GetInt32(), TinyGuest.Info(copy).GetProperty("checkpoints").GetProperty("count").GetInt32());

        JsonElement verified = JsonDocument.Parse(Done("verify", copy, "--jobs", "2", "--json").Output).RootElement;
        Assert.True(verified.GetProperty("segments").GetInt32() > 3);
        Assert.Equal(2, verified.GetProperty("jobs").GetInt32());
    }

    [Fact]
    public void Events_are_positions()
    {
        string copy = guest.Copy("events.rk");
        Done("checkpoint", copy, "--every", "200000");
        foreach (string at in (string[])["time-anchor", "time-anchor:3", "state-hash:-1", "checkpoint:2", "start", "end"])
        {
            JsonElement replayed = JsonDocument.Parse(Done("replay", copy, "--from", at, "--json").Output).RootElement;
            Assert.EndsWith(replayed.GetProperty("console").GetString()!, guest.Recorded.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Verifying_in_pieces_without_checkpoints_says_so_and_verifies()
    {
        CommandResult verify = ReplayKitCommand.Run("verify", guest.Recording, "--jobs", "2");
        Assert.Equal(0, verify.ExitCode);
        Assert.Contains("no checkpoints", verify.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("soon")]
    [InlineData("0")]
    [InlineData("0s")]
    [InlineData("-1s")]
    public void A_text_that_is_no_distance_is_refused(string every)
    {
        CommandResult result = ReplayKitCommand.Run("checkpoint", guest.Recording, "--every", every);
        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("replaykit: RK03", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_killed_maker_leaves_are_whole_checkpoints()
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        Random random = new(seed);
        guest.Record("killed.rk", "lines=200 rounds=100000");
        string recording = guest.File("killed.rk");
        for (int kill = 0; kill < Kills; kill++)
        {
            using Process process = ReplayKitCommand.Start(Path.GetTempPath(), "checkpoint", recording, "--every", "50000");
            string folder = Path.Combine(recording, "checkpoints");
            int before = Count(folder);
            while (!process.HasExited && Count(folder) == before)
            {
                Thread.Sleep(1);
            }

            Thread.Sleep(random.Next(200));
            process.Kill();
            process.WaitForExit();
            CommandResult verify = ReplayKitCommand.Run("verify", recording, "--jobs", "2", "--json");
            Assert.True(verify.ExitCode == 0, verify.Error);
            Assert.True(JsonDocument.Parse(verify.Output).RootElement.GetProperty("segments").GetInt32() > 1);
        }
    }

    private static int Count(string folder) => Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*.rkcp").Count() : 0;

    private static CommandResult Done(params string[] arguments)
    {
        CommandResult result = ReplayKitCommand.Run(arguments);
        Assert.True(result.ExitCode == 0, result.Error);
        return result;
    }
}
