using System.Diagnostics;
using System.Text.Json;
using ReplayKit.Tests.Command;

namespace ReplayKit.Tests.EndToEnd;

/// <summary>Guests that go on unrecorded when the recording's disk is full.</summary>
public sealed class OnFullTests(DevicesGuest guest, TinyGuest tiny) : IClassFixture<DevicesGuest>, IClassFixture<TinyGuest>
{
    private Task<string> _output = Task.FromResult(string.Empty);

    [MountNamespaceFact]
    public async Task A_guest_goes_on_unrecorded_where_the_log_is_full_and_terminal_socket_and_recording_say_so()
    {
        using Process process = Start(tiny.Kernel, "log", "96k", "forever", "--control", guest.File("log.control"));
        using ControlClient client = new(guest.File("log.control"));
        JsonElement status = client.Ask("status");
        Assert.False(status.TryGetProperty("lost", out _));
        Stopwatch elapsed = Stopwatch.StartNew();
        while (!status.TryGetProperty("lost", out _) && elapsed.Elapsed < TimeSpan.FromSeconds(60))
        {
            await Task.Delay(50);
            status = client.Ask("status");
        }

        Assert.StartsWith("RK0109: ", status.GetProperty("lost").GetString(), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, status.GetProperty("recording").ValueKind);
        Assert.Equal("running", status.GetProperty("state").GetString());
        ulong lost = status.GetProperty("instructions").GetUInt64();
        await Task.Delay(200);
        Assert.True(client.Ask("status").GetProperty("instructions").GetUInt64() > lost);
        Assert.True(client.Ask("record-start", guest.File("again.rk")).GetProperty("ok").GetBoolean());
        Assert.False(client.Ask("record-stop").TryGetProperty("lost", out _));
        client.Ask("quit");
        await CheckEnd(process, "log");
        guest.Verify("again.rk");
    }

    [MountNamespaceFact]
    public async Task A_guest_goes_on_unrecorded_where_its_overlay_has_no_room()
    {
        string image = guest.Image("overlay.img", 8);
        using Process process = Start(guest.Kernel, "overlay", "3m", "disk=0 disk=0 disk=0 disk=0 disk=0 disk=0 disk=0 disk=0", "--disk", image);
        string text = await CheckEnd(process, "overlay");
        Assert.EndsWith("done\n", text, StringComparison.Ordinal);
    }

    [MountNamespaceFact]
    public async Task A_flight_recorders_guest_goes_on_where_a_checkpoint_has_no_room()
    {
        using Process process = Start(tiny.Kernel, "flight", "200k", "forever", "--keep", "1s", "--seconds", "8");
        await CheckEnd(process, "flight");
    }

    private Process Start(string kernel, string name, string room, string steps, params string[] more)
    {
        Directory.CreateDirectory(guest.File(name + "-room"));
        string[] record = ["record", "--kernel", kernel, "--append", steps, "--memory", "64M", "-o", guest.File($"{name}-room/full.rk"), .. more, "--on-full", "continue"];
        string command = string.Join(' ', record.Prepend(ReplayKitCommand.Assembly).Prepend("dotnet").Select(word => $"'{word}'"));
        string script = $"export REPLAYKIT_HOME='{guest.File(".")}'; mount -t tmpfs -o size={room} tmpfs '{guest.File(name + "-room")}' && {{ {command}; code=$?; cp -r '{guest.File(name + "-room")}/full.rk' '{guest.File(name + ".rk")}'; exit $code; }}";
        Process process = Process.Start(new ProcessStartInfo("unshare", [.. MountNamespaceFactAttribute.Unshare!, "sh", "-c", script])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        })!;
        process.StandardInput.Close();
        _output = process.StandardOutput.ReadToEndAsync();
        return process;
    }

    // The run ends well; the recording says that the disk was full, verifies, and its console text is where the guest's began.
    private async Task<string> CheckEnd(Process process, string name)
    {
        string error = await process.StandardError.ReadToEndAsync();
        string text = await _output;
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, error);
        Assert.Matches("replaykit: RK0109: .* the disk is full.*; the guest goes on unrecorded", error);
        Assert.True(name == "log" || error.Contains("up to where its disk was full", StringComparison.Ordinal), error);
        Assert.Equal("disk-full", TinyGuest.Info(guest.File(name + ".rk")).GetProperty("ended").GetString());
        CommandResult verify = ReplayKitCommand.Run("verify", guest.File(name + ".rk"));
        Assert.True(verify.ExitCode == 0, verify.Error);
        CommandResult replay = ReplayKitCommand.Run("replay", guest.File(name + ".rk"));
        Assert.True(replay.ExitCode == 0, replay.Error);
        Assert.True(name == "flight" || text.StartsWith(replay.Output, StringComparison.Ordinal), replay.Output);
        return text;
    }
}
