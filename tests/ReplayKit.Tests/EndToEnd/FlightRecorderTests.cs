using System.Diagnostics;
using System.Text.Json;
using ReplayKit.Tests.Command;

namespace ReplayKit.Tests.EndToEnd;

/// <summary>Recordings of which the newest part is kept.</summary>
public sealed class FlightRecorderTests(DevicesGuest guest) : IClassFixture<DevicesGuest>
{
    [Fact]
    public void The_newest_part_of_a_guest_that_writes_its_disks_is_kept_and_replays()
    {
        string steps = string.Join(' ', Enumerable.Repeat("disk=0 fill=1 entropy", 40));
        CommandResult record = ReplayKitCommand.Run(guest.RecordArguments(
            "rolling.rk", steps, "--disk", guest.Image("rolling-0.img", 4), "--disk", guest.Image("rolling-1.img", 8), "--entropy", "--keep", "1s", "--seconds", "9"));
        Assert.True(record.ExitCode == 0, record.Error);
        JsonElement info = TinyGuest.Info(guest.File("rolling.rk"));
        Assert.True(info.GetProperty("rolling").GetBoolean());
        Assert.NotEqual("0:0", info.GetProperty("start").GetString());
        Assert.InRange(Directory.GetFiles(Path.Combine(guest.File("rolling.rk"), "log")).Length, 1, 4);
        CommandResult verify = ReplayKitCommand.Run("verify", guest.File("rolling.rk"));
        Assert.True(verify.ExitCode == 0, verify.Error);
        CommandResult live = ReplayKitCommand.Run("replay", guest.File("rolling.rk"), "--live-from", "50%", "--seconds", "1", "-o", guest.File("rolled.rk"));
        Assert.True(live.ExitCode == 0, live.Error);
        guest.Verify("rolled.rk");
    }

    [Fact]
    public async Task A_recording_that_is_kept_small_stays_below_its_size_and_a_killed_one_replays()
    {
        const int Megabytes = 8;
        using StreamPeer peer = new(guest.File("small.socket"), StreamPeer.Echo);
        using Process process = ReplayKitCommand.Start(Path.GetTempPath(), guest.RecordArguments(
            "small.rk", "fill=0 frames=100000000", "--net", "stream,unix=" + guest.File("small.socket"), "--disk", guest.Image("small.img", 2), "--keep", $"{Megabytes}MB"));
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        long most = 0;
        for (Stopwatch watch = Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromSeconds(60) && !File.Exists(Path.Combine(guest.File("small.rk"), "log", "000003.rklog"));)
        {
            await Task.Delay(20);
            most = Math.Max(most, Bytes("small.rk"));
        }

        process.Kill();
        await process.WaitForExitAsync();
        await output;
        Assert.InRange(most, Megabytes * 250_000, Megabytes * 1_000_000);
        Assert.InRange(new FileInfo(Path.Combine(guest.File("small.rk"), "overlay", "disk0.qcow2")).Length, 2 << 20, 3 << 20);
        Assert.NotEqual("0:0", TinyGuest.Info(guest.File("small.rk")).GetProperty("start").GetString());
        CommandResult verify = ReplayKitCommand.Run("verify", guest.File("small.rk"));
        Assert.True(verify.ExitCode == 0, verify.Error);
    }

    [Theory]
    [InlineData("RK0301", "10")]
    [InlineData("RK0301", "0s")]
    [InlineData("RK0301", "-1GB")]
    [InlineData("RK0302", "10m", "--clock", "virtual")]
    public void A_limit_that_is_none_is_refused_by_name(string code, string keep, params string[] more)
    {
        CommandResult result = ReplayKitCommand.Run([.. guest.RecordArguments("refused.rk", "entropy", "--keep", keep), .. more]);
        Assert.StartsWith($"replaykit: {code}: ", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
    }

    // A file may go between being listed and being looked at.
    private long Bytes(string recording) => Directory.Exists(guest.File(recording))
        ? new DirectoryInfo(guest.File(recording)).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Exists ? LengthOf(file) : 0)
        : 0;

    private static long LengthOf(FileInfo file)
    {
        try
        {
            return file.Length;
        }
        catch (FileNotFoundException)
        {
            return 0;
        }
    }
}
