using System.Diagnostics;
using System.Text.Json;
using ReplayKit.Tests.Command;

namespace ReplayKit.Tests.EndToEnd;

/// <summary>Recording and replaying a small guest by the command.</summary>
public sealed class RecordAndReplayTests(TinyGuest guest) : IClassFixture<TinyGuest>
{
    [Fact]
    public void The_guests_console_is_on_standard_output_and_nothing_else_is()
    {
        string[] lines = guest.Recorded.Output.Split('\n');
        Assert.Equal("tiny guest", lines[0]);
        Assert.Equal(20, lines.Count(line => line.StartsWith("line ", StringComparison.Ordinal)));
        Assert.Equal(["done", ""], lines[^2..]);
    }

    [Fact]
    public void A_replay_prints_the_console_text_of_the_recording_byte_for_byte()
    {
        CommandResult replay = ReplayKitCommand.Run("replay", guest.Recording);
        Assert.Equal(0, replay.ExitCode);
        Assert.Equal(guest.Recorded.Output, replay.Output);
        Assert.Equal(guest.Recorded.Output, File.ReadAllText(Path.Combine(guest.Recording, "console.log")));
    }

    [Fact]
    public void A_replay_of_a_part_prints_the_console_text_of_that_part()
    {
        string before = ReplayKitCommand.Run("replay", guest.Recording, "--to", "40%").Output;
        string after = ReplayKitCommand.Run("replay", guest.Recording, "--from", "40%").Output;
        Assert.NotEmpty(before);
        Assert.NotEmpty(after);
        Assert.Equal(guest.Recorded.Output, before + after);
        using JsonDocument json = JsonDocument.Parse(ReplayKitCommand.Run("replay", guest.Recording, "--to", "40%", "--json").Output);
        Assert.Equal(before, json.RootElement.GetProperty("console").GetString());
    }

    [Fact]
    public void Every_state_hash_of_a_recording_verifies()
    {
        CommandResult verify = ReplayKitCommand.Run("verify", guest.Recording);
        Assert.True(verify.ExitCode == 0, verify.Error);
        Assert.True(TinyGuest.Info(guest.Recording).GetProperty("records_by_kind").GetProperty("state-hash").GetInt32() > 0);
    }

    [Fact]
    public void Two_runs_under_the_virtual_clock_end_in_the_same_state()
    {
        CommandResult one = guest.Record("virtual-1.rk", "lines=5", "--clock", "virtual");
        CommandResult two = guest.Record("virtual-2.rk", "lines=5", "--clock", "virtual");
        Assert.Equal(one.Output, two.Output);
        string hash = TinyGuest.Info(guest.File("virtual-1.rk")).GetProperty("state_hash").GetString()!;
        Assert.Equal(hash, TinyGuest.Info(guest.File("virtual-2.rk")).GetProperty("state_hash").GetString());
        Assert.NotEqual(hash, TinyGuest.Info(guest.Recording).GetProperty("state_hash").GetString());
    }

    [Fact]
    public void Each_recording_with_a_host_clock_has_a_key_of_its_own_for_its_memory_hashes()
    {
        guest.Record("keyed.rk", "lines=2");
        guest.Record("virtual-3.rk", "lines=2", "--clock", "virtual");
        string[] keys = [Key(guest.Recording), Key(guest.File("keyed.rk")), Key(guest.File("virtual-3.rk"))];
        Assert.Equal(keys.Length, keys.Distinct().Count());
        Assert.All(keys, key => Assert.Matches("^[0-9a-f]{32}$", key));

        static string Key(string recording)
        {
            using JsonDocument manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(recording, "manifest.json")));
            return manifest.RootElement.GetProperty("machine").GetProperty("memoryHashKey").GetString()!;
        }
    }

    [Fact]
    public async Task What_is_typed_reaches_the_guest_and_the_replay()
    {
        using Process process = ReplayKitCommand.Start(Path.GetTempPath(), guest.RecordArguments("typed.rk", "lines=200"));
        Task<string> error = process.StandardError.ReadToEndAsync();
        string text = ReadUntil(process.StandardOutput, "line 0000000000000001");
        process.StandardInput.Write("qx");
        process.StandardInput.Flush();
        text += process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, await error);
        Assert.Contains("typed q\n", text, StringComparison.Ordinal);
        Assert.Contains("typed x\n", text, StringComparison.Ordinal);
        Assert.Equal(text, ReplayKitCommand.Run("replay", guest.File("typed.rk")).Output);
        Assert.Equal(0, ReplayKitCommand.Run("verify", guest.File("typed.rk")).ExitCode);
    }

    [Fact]
    public async Task An_interrupt_from_outside_ends_a_recording_cleanly()
    {
        using Process process = ReplayKitCommand.Start(Path.GetTempPath(), guest.RecordArguments("stopped.rk", "forever"));
        Task<string> error = process.StandardError.ReadToEndAsync();
        string text = ReadUntil(process.StandardOutput, "line 0000000000000003");
        Programs.Run("bash", "-c", $"kill -INT {process.Id}");
        text += process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, await error);
        Assert.Equal("stopped", TinyGuest.Info(guest.File("stopped.rk")).GetProperty("ended").GetString());
        Assert.Equal(text, ReplayKitCommand.Run("replay", guest.File("stopped.rk")).Output);
        Assert.Equal(0, ReplayKitCommand.Run("verify", guest.File("stopped.rk")).ExitCode);
    }

    [Fact]
    public void A_recording_ends_after_the_number_of_instructions_that_was_asked_for()
    {
        guest.Record("short.rk", "forever", "--instructions", "100000");
        Assert.Equal(100_000, TinyGuest.Info(guest.File("short.rk")).GetProperty("instructions").GetInt64());
        Assert.Equal("instruction-limit", TinyGuest.Info(guest.File("short.rk")).GetProperty("ended").GetString());
        Assert.Equal(0, ReplayKitCommand.Run("verify", guest.File("short.rk")).ExitCode);
    }

    [Fact]
    public void A_recording_ends_after_the_time_that_was_asked_for()
    {
        guest.Record("timed.rk", "forever", "--seconds", "0.5");
        Assert.Equal("time-limit", TinyGuest.Info(guest.File("timed.rk")).GetProperty("ended").GetString());
        Assert.Equal(0, ReplayKitCommand.Run("verify", guest.File("timed.rk")).ExitCode);
    }

    [Fact]
    public void A_run_shows_the_same_guest_and_leaves_nothing_behind()
    {
        using TemporaryFolder folder = new();
        CommandResult run = ReplayKitCommand.RunIn(folder.Path, "run", "--kernel", guest.Kernel, "--append", "lines=5", "--memory", "64M", "--clock", "virtual");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(guest.Record("as-run.rk", "lines=5", "--clock", "virtual").Output, run.Output);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_recording_without_a_name_is_the_latest()
    {
        using TemporaryFolder folder = new();
        CommandResult record = ReplayKitCommand.RunIn(folder.Path, "record", "--kernel", guest.Kernel, "--append", "lines=2", "--memory", "64M");
        Assert.True(record.ExitCode == 0, record.Error);
        string name = Path.GetFileName(Assert.Single(Directory.EnumerateDirectories(folder.Path)));
        Assert.Matches("^replay-[0-9]{8}-[0-9]{6}\\.rk$", name);
        Assert.Equal(record.Output, ReplayKitCommand.RunIn(folder.Path, "replay", "latest").Output);
    }

    [Fact]
    public void The_tables_of_a_window_hold_each_of_its_instructions_once()
    {
        string trace = guest.File("trace");
        CommandResult export = ReplayKitCommand.Run(
            "export", guest.Recording, "--table", "instructions,accesses,events", "--from", "1000", "--to", "51000", "--out", trace);
        Assert.True(export.ExitCode == 0, export.Error);
        string rows = Programs.DuckDb(
            $"SELECT count(*) AS n, count(DISTINCT retired) AS places, min(retired) AS low, max(retired) AS high FROM '{trace}/instructions*.parquet'");
        Assert.Equal("[{\"n\":\"50000\",\"places\":\"50000\",\"low\":\"1000\",\"high\":\"50999\"}]", rows.TrimEnd());
        Assert.DoesNotContain("\"n\":\"0\"", Programs.DuckDb($"SELECT count(*) AS n FROM '{trace}/accesses*.parquet'"), StringComparison.Ordinal);
    }

    private static string ReadUntil(StreamReader output, string text)
    {
        string read = string.Empty;
        while (!read.Contains(text, StringComparison.Ordinal))
        {
            int next = output.Read();
            Assert.True(next >= 0, $"the output ended without '{text}': {read}");
            read += (char)next;
        }

        return read;
    }
}
