using Guest.Machine;
using Guest.Machine.Board;
using Replay.Engine;
using Replay.Log;
using ReplayKit.Tests.Command;
using ReplayKit.Tests.EndToEnd;

namespace ReplayKit.Tests.Multicore;

/// <summary>Debian's kernels with several processors and parallel work, recorded.</summary>
public sealed class RecordedTurnsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("6.1", 2, "turns")]
    [InlineData("6.12", 4, "turns")]
    [InlineData("6.1", 8, "chaos:1")]
    [InlineData("6.1", 2, "parallel")]
    public void A_stock_kernel_with_several_processors_boots_works_in_parallel_and_verifies(string version, int cpus, string schedule)
    {
        Dictionary<string, string> guest = Programs.Run(Checkout.Path("samples", "guest", "fetch.sh"), version)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).ToDictionary(line => line.Split('=')[0], line => line.Split('=')[1]);
        string initrd = _folder.File("initramfs.cpio.gz");
        Programs.Run(
            Checkout.Path("samples", "guest", "initramfs.sh"), "--busybox", guest["busybox"], "--script", Checkout.Path("samples", "guest", "parallel-session.sh"), "-o", initrd);
        string recording = _folder.File("parallel.rk");
        CommandResult record = ReplayKitCommand.Run(
            "record", "--kernel", guest["vmlinuz"], "--initrd", initrd, "--append", "console=ttyS0 quiet", "--memory", "512M", "--cpus", $"{cpus}", "--schedule", schedule, "-o", recording);
        Assert.True(record.ExitCode == 0, record.Error);
        Assert.Contains($"processors: {cpus}\r\n", record.Output, StringComparison.Ordinal);
        Assert.Contains($"smp: Brought up 1 node, {cpus} CPUs", record.Output, StringComparison.Ordinal);
        Assert.Contains("worker 3: 90000", record.Output, StringComparison.Ordinal);
        Assert.Contains("through a pipe: 12502500", record.Output, StringComparison.Ordinal);
        Assert.Contains($"on: 0-{cpus - 1}", record.Output, StringComparison.Ordinal);
        Assert.Contains("the guest is done", record.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("stall", record.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("lockup", record.Output, StringComparison.Ordinal);
        Assert.Equal("power-off", TinyGuest.Info(recording).GetProperty("ended").GetString());

        CommandResult verify = ReplayKitCommand.Run("verify", recording);
        Assert.True(verify.ExitCode == 0, verify.Error);
        if (schedule == "parallel")
        {
            // Everything else is the same as with turns, and quicker to try with small guests.
            return;
        }

        Assert.Equal(record.Output, ReplayKitCommand.Run("replay", recording).Output);
        if (cpus == 2)
        {
            CommandResult reference = ReplayKitCommand.Run("verify", recording, "--engine", "interpreter");
            Assert.True(reference.ExitCode == 0, reference.Error);
        }

        CheckCheckpoints(recording);
    }

    // Checkpoints, seeks from one to another place, and segments side by side.
    private static void CheckCheckpoints(string recording)
    {
        CommandResult made = ReplayKitCommand.Run("checkpoint", recording, "--every", "300000000");
        Assert.True(made.ExitCode == 0, made.Error);
        CommandResult segments = ReplayKitCommand.Run("verify", recording, "--jobs", "2");
        Assert.True(segments.ExitCode == 0, segments.Error);

        RecordingFolder folder = RecordingFolder.Open(recording);
        ulong end = folder.Summary.Last.Retired;
        Dictionary<ulong, IReadOnlyList<StatePart>> states = [];
        Random random = new(1);
        using Replayer replayer = new(folder, new NoConsole());
        foreach (ulong at in Enumerable.Range(0, 8).Select(_ => (ulong)random.NextInt64((long)end)).Order())
        {
            replayer.SeekTo(new Position(0, at));
            states.Add(at, replayer.Machine.HashState());
        }

        foreach ((ulong at, IReadOnlyList<StatePart> hash) in states.OrderBy(_ => random.Next()))
        {
            replayer.SeekTo(new Position(0, at));
            Assert.True(hash.SequenceEqual(replayer.Machine.HashState()), $"the state at {at} is another one");
        }
    }
}
