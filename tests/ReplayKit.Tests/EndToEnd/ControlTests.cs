using System.Diagnostics;
using System.Text.Json;
using ReplayKit.Tests.Command;

namespace ReplayKit.Tests.EndToEnd;

/// <summary>A running machine that is controlled by its socket.</summary>
public sealed class ControlTests(DevicesGuest guest) : IClassFixture<DevicesGuest>
{
    private static readonly string s_steps = string.Join(' ', Enumerable.Repeat("disk=0 fill=1 entropy", 90));

    [Fact]
    public async Task A_running_machine_is_recorded_saved_paused_and_ended_on_request()
    {
        using Process process = Start("run", "one", "--disk", guest.Image("one-0.img", 4), "--disk", guest.Image("one-1.img", 8), "--entropy");
        using ControlClient client = new(guest.File("one.control"));
        Assert.Equal("running", client.Ask("status").GetProperty("state").GetString());
        Assert.Equal("600\n", Programs.Run("stat", "-c", "%a", guest.File("one.control")));
        await Task.Delay(800);

        for (int i = 0; i < 3; i++)
        {
            Assert.True(client.Ask("record-start", guest.File($"part{i}.rk")).GetProperty("ok").GetBoolean());
            Assert.Equal("it is being recorded already", client.Ask("record-start", guest.File("other.rk")).GetProperty("error").GetString());
            await Task.Delay(500);
            Assert.Equal(guest.File($"part{i}.rk"), client.Ask("record-stop").GetProperty("recording").GetString());
        }

        Assert.True(client.Ask("snapshot", guest.File("saved.rk")).GetProperty("ok").GetBoolean());
        ulong paused = client.Ask("pause").GetProperty("instructions").GetUInt64();
        await Task.Delay(200);
        Assert.Equal((paused, "paused"), (client.Ask("status").GetProperty("instructions").GetUInt64(), client.Ask("status").GetProperty("state").GetString()));
        client.Ask("resume");
        await Task.Delay(200);
        Assert.True(client.Ask("status").GetProperty("instructions").GetUInt64() > paused);
        Assert.True(client.Ask("record-start", guest.File("last.rk")).GetProperty("ok").GetBoolean());
        client.Ask("quit");
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        Assert.False(File.Exists(guest.File("one.control")));

        foreach (string name in (string[])["part0.rk", "part1.rk", "part2.rk", "last.rk", "saved.rk"])
        {
            guest.Verify(name);
        }

        CommandResult live = ReplayKitCommand.Run("replay", guest.File("saved.rk"), "--live-from", "start", "--seconds", "1", "-o", guest.File("resumed.rk"));
        Assert.True(live.ExitCode == 0, live.Error);
        guest.Verify("resumed.rk");
    }

    [Fact]
    public async Task A_recording_ends_and_another_begins_while_the_machine_runs()
    {
        using Process process = Start("record", "two", "--entropy", "-o", guest.File("first.rk"), "--disk", guest.Image("two-0.img", 4), "--disk", guest.Image("two-1.img", 4));
        using ControlClient client = new(guest.File("two.control"));
        await Task.Delay(500);
        Assert.True(client.Ask("record-stop").GetProperty("ok").GetBoolean());
        Assert.Equal("nothing is being recorded", client.Ask("record-stop").GetProperty("error").GetString());
        Assert.True(client.Ask("record-start", guest.File("second.rk")).GetProperty("ok").GetBoolean());
        await Task.Delay(300);
        client.Ask("quit");
        await process.WaitForExitAsync();
        guest.Verify("first.rk");
        guest.Verify("second.rk");
    }

    [Fact]
    public async Task What_is_no_request_is_answered_and_the_machine_goes_on()
    {
        using Process process = Start("run", "three", "--entropy", "--disk", guest.Image("three-0.img", 1), "--disk", guest.Image("three-1.img", 1));
        using ControlClient client = new(guest.File("three.control"));
        foreach (string line in (string[])["", "{", "[1]", "{\"command\":5}", "{\"command\":\"dance\"}", "{\"command\":\"snapshot\"}", "{\"command\":\"snapshot\",\"output\":\"/proc/no\"}"])
        {
            Assert.False(client.AskLine(line).GetProperty("ok").GetBoolean(), line);
        }

        JsonElement answer = client.AskLine("{\"command\":\"status\",\"id\":[7]}");
        Assert.Equal(7, answer.GetProperty("id")[0].GetInt32());
        client.Ask("quit");
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public async Task Recordings_are_made_below_the_folder_where_recordings_are_and_nowhere_else()
    {
        string other = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, $"control-{Environment.ProcessId}")).FullName;
        try
        {
            using Process process = Start("run", "four", "--entropy", "--disk", guest.Image("four-0.img", 1), "--disk", guest.Image("four-1.img", 1));
            using ControlClient client = new(guest.File("four.control"));
            JsonElement refused = client.Ask("snapshot", Path.Combine(other, "saved.rk"));
            Assert.False(refused.GetProperty("ok").GetBoolean());
            Assert.Contains("RK0110", refused.GetProperty("error").GetString(), StringComparison.Ordinal);
            Assert.True(client.Ask("snapshot", guest.File("below.rk")).GetProperty("ok").GetBoolean());
            client.Ask("quit");
            await process.WaitForExitAsync();
            Assert.Equal(0, process.ExitCode);
            Assert.Empty(Directory.EnumerateFileSystemEntries(other));
        }
        finally
        {
            Directory.Delete(other, recursive: true);
        }
    }

    [Fact]
    public void A_socket_that_cannot_be_is_refused_by_name()
    {
        CommandResult result = ReplayKitCommand.Run("run", "--kernel", guest.Kernel, "--memory", "64M", "--control", "/nowhere/at/all");
        Assert.StartsWith("replaykit: RK0317: ", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
        Assert.Equal(4, result.ExitCode);
    }

    private Process Start(string verb, string name, params string[] more)
    {
        Process process = ReplayKitCommand.Start(
            guest.File("."), [verb, "--kernel", guest.Kernel, "--append", s_steps, "--memory", "64M", "--control", guest.File(name + ".control"), .. more]);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }
}
