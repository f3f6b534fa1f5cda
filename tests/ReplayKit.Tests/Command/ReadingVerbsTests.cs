using System.Text.Json;

namespace ReplayKit.Tests.Command;

/// <summary><c>info</c>, <c>dump</c> and <c>ls</c> on recordings that need no machine.</summary>
public sealed class ReadingVerbsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Info_as_JSON_has_the_agreed_fields()
    {
        SmallRecording.Write(_folder.File("a.rk"));
        using JsonDocument info = JsonDocument.Parse(Done("info", "a.rk", "--json").Output);
        Assert.Equal(5000, info.RootElement.GetProperty("instructions").GetInt64());
        Assert.Equal(1, info.RootElement.GetProperty("vcpus").GetInt32());
        Assert.Equal(6, info.RootElement.GetProperty("records").GetInt32());
        Assert.Equal("power-off", info.RootElement.GetProperty("ended").GetString());
        Assert.Equal(new DirectoryInfo(_folder.File("a.rk/log")).EnumerateFiles().Sum(file => file.Length), info.RootElement.GetProperty("log_bytes").GetInt64());
        Assert.Matches("^[0-9a-f]{32}$", info.RootElement.GetProperty("state_hash").GetString());
        Assert.Equal("0:1000", info.RootElement.GetProperty("state_hash_at").GetString());
    }

    [Fact]
    public void A_recording_whose_recorder_was_killed_is_cut_and_that_is_no_error()
    {
        SmallRecording.Write(_folder.File("a.rk"), ended: false);
        using JsonDocument info = JsonDocument.Parse(Done("info", "a.rk", "--json").Output);
        Assert.Equal("cut", info.RootElement.GetProperty("ended").GetString());
        Assert.Equal(4500, info.RootElement.GetProperty("instructions").GetInt64());
    }

    [Fact]
    public void Info_for_people_names_the_kernel_and_the_end()
    {
        SmallRecording.Write(_folder.File("a.rk"));
        string text = Done("info", "a.rk").Output;
        Assert.Contains("kernel        /boot/vmlinuz\n", text, StringComparison.Ordinal);
        Assert.Contains("instructions  5,000 (end at 0:1388)\n", text, StringComparison.Ordinal);
        Assert.Contains("ended         power-off\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Dump_prints_one_line_per_record()
    {
        SmallRecording.Write(_folder.File("a.rk"));
        string[] lines = Done("dump", "a.rk").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(
            ["boot-seed", "clock-start", "time-anchor", "console-input", "state-hash", "end"],
            lines.Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]));
        Assert.Equal("0:3e8          time-anchor   tsc=2000 rate=0.5", lines[2]);
    }

    [Fact]
    public void Dump_as_JSON_is_an_array_of_the_same_records()
    {
        SmallRecording.Write(_folder.File("a.rk"));
        using JsonDocument records = JsonDocument.Parse(Done("dump", "a.rk", "--json").Output);
        Assert.Equal(6, records.RootElement.GetArrayLength());
        Assert.Equal("6c730a", records.RootElement[3].GetProperty("bytes").GetString());
        Assert.Equal("registers.0", records.RootElement[4].GetProperty("parts")[0].GetProperty("part").GetString());
    }

    [Fact]
    public void Latest_is_the_newest_recording_of_the_folder()
    {
        SmallRecording.Write(_folder.File("a.rk"));
        SmallRecording.Write(_folder.File("b.rk"));
        File.SetLastWriteTimeUtc(_folder.File("a.rk/manifest.json"), DateTime.UtcNow.AddHours(1));
        Assert.Contains("recording     a.rk\n", Done("info", "latest").Output, StringComparison.Ordinal);
        Assert.Equal(["a.rk", "b.rk"], Done("ls").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[^1]));
    }

    [Fact]
    public void Latest_without_a_recording_is_refused_by_name() => Refused(2, "RK0304", "info", "latest");

    [Fact]
    public void A_folder_that_is_no_recording_is_refused_by_name() => Refused(2, "RK0100", "info", ".");

    [Fact]
    public void A_recording_of_a_newer_version_is_refused_by_name()
    {
        SmallRecording.Write(_folder.File("a.rk"));
        string manifest = _folder.File("a.rk/manifest.json");
        File.WriteAllText(manifest, File.ReadAllText(manifest).Replace("\"version\": 3", "\"version\": 99", StringComparison.Ordinal));
        Directory.Delete(_folder.File("a.rk/log"), recursive: true);
        Directory.CreateDirectory(_folder.File("a.rk/log"));
        Refused(2, "RK0103", "info", "a.rk");
    }

    [Fact]
    public void A_damaged_recording_is_refused_with_its_offset_and_read_up_to_it_on_request()
    {
        SmallRecording.Write(_folder.File("a.rk"));
        string segment = Directory.EnumerateFiles(_folder.File("a.rk/log")).Single();
        byte[] bytes = File.ReadAllBytes(segment);
        bytes[^3] ^= 1;
        File.WriteAllBytes(segment, bytes);
        Assert.Matches("damaged at offset [0-9]+", Refused(2, "RK0101", "info", "a.rk"));
        using JsonDocument info = JsonDocument.Parse(Done("info", "a.rk", "--json", "--up-to-damage").Output);
        Assert.Equal("damaged", info.RootElement.GetProperty("ended").GetString());
        Assert.Equal(4500, info.RootElement.GetProperty("instructions").GetInt64());
    }

    private CommandResult Done(params string[] arguments)
    {
        CommandResult result = ReplayKitCommand.RunIn(_folder.Path, arguments);
        Assert.Equal(string.Empty, result.Error);
        Assert.Equal(0, result.ExitCode);
        return result;
    }

    private string Refused(int exitCode, string code, params string[] arguments)
    {
        CommandResult result = ReplayKitCommand.RunIn(_folder.Path, arguments);
        Assert.Equal(exitCode, result.ExitCode);
        string line = Assert.Single(result.ErrorLines);
        Assert.StartsWith($"replaykit: {code}: ", line, StringComparison.Ordinal);
        return line;
    }
}
