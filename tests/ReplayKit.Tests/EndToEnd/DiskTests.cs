using System.Diagnostics;
using ReplayKit.Tests.Command;

namespace ReplayKit.Tests.EndToEnd;

/// <summary>Disks, recorded and replayed by the command.</summary>
public sealed class DiskTests(DevicesGuest guest) : IClassFixture<DevicesGuest>
{
    [Fact]
    public void What_the_guest_writes_goes_to_an_overlay_in_the_recording_and_its_image_stays()
    {
        string image = guest.Image("plain.img", 8);
        byte[] before = File.ReadAllBytes(image);
        guest.Record("plain.rk", "disk read", "--disk", image);
        Assert.Equal(before, File.ReadAllBytes(image));

        // The overlay is a disk of its own: a guest reads from it what the first one wrote.
        string overlay = Path.Combine(guest.File("plain.rk"), "overlay", "disk0.qcow2");
        Assert.Contains("No errors were found", Programs.Run("qemu-img", "check", overlay), StringComparison.Ordinal);
        string first = Line(File.ReadAllText(Path.Combine(guest.File("plain.rk"), "console.log")), "read");
        Assert.Equal(first, Line(guest.Record("plain-again.rk", "read", "--disk", overlay), "read"));
        Assert.NotEqual(first, Line(guest.Record("plain-base.rk", "read", "--disk", image), "read"));
    }

    [Fact]
    public void Several_disks_are_disks_of_their_own()
    {
        string one = guest.Image("one.img", 2, seed: 1);
        string two = guest.Image("two.img", 3, seed: 2);
        string output = guest.Record("several.rk", "fill=1 read=0 read=1", "--disk", one, "--disk", two + ",overlay=" + guest.File("two.qcow2"));
        Assert.Equal(2, output.Split('\n').Count(line => line.StartsWith("read ", StringComparison.Ordinal)));
        string converted = guest.File("two.raw");
        Programs.Run("qemu-img", "convert", "-O", "raw", guest.File("two.qcow2"), converted);
        Assert.NotEqual(File.ReadAllBytes(two), File.ReadAllBytes(converted));
        Assert.Equal(3 << 20, new FileInfo(converted).Length);
    }

    [Fact]
    public void An_image_that_is_written_through_changes_and_its_recording_still_replays()
    {
        string image = guest.Image("through.img", 8);
        byte[] before = File.ReadAllBytes(image);
        guest.Record("through.rk", "disk read", "--disk", image + ",format=raw,write-through");
        Assert.NotEqual(before, File.ReadAllBytes(image));
        string kept = guest.File("kept.raw");
        Programs.Run("qemu-img", "convert", "-O", "raw", Path.Combine(guest.File("through.rk"), "overlay", "disk0-before.qcow2"), kept);
        Assert.Equal(before, File.ReadAllBytes(kept));

        // Another guest goes on with it; both recordings verify from what each began with.
        guest.Record("through-2.rk", "read fill read", "--disk", image + ",format=raw", "--write-through");
        guest.Verify("through-2.rk");
    }

    [Fact]
    public void A_disk_that_may_only_be_read_leaves_no_overlay()
    {
        string image = guest.Image("readonly.img", 2);
        guest.Record("readonly.rk", "read", "--disk", image + ",readonly");
        Assert.False(Directory.Exists(Path.Combine(guest.File("readonly.rk"), "overlay")));
        CommandResult refused = ReplayKitCommand.Run("run", "--kernel", guest.Kernel, "--append", "fill=0", "--memory", "64M", "--disk", image + ",readonly");
        Assert.Contains("FAILED: a request to the disk", refused.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_packed_image_with_a_backing_file_is_a_disk_like_any_other()
    {
        string raw = guest.Image("bottom.img", 4);
        string packed = guest.File("packed.qcow2");
        string top = guest.File("top.qcow2");
        Programs.Run("qemu-img", "convert", "-c", "-f", "raw", "-O", "qcow2", raw, packed);
        Programs.Run("qemu-img", "create", "-q", "-f", "qcow2", "-b", packed, "-F", "qcow2", top);
        string plain = Line(guest.Record("raw.rk", "read", "--disk", raw), "read");
        Assert.Equal(plain, Line(guest.Record("packed.rk", "read disk", "--disk", top), "read"));
    }

    [Fact]
    public void A_run_drops_what_the_guest_wrote()
    {
        string image = guest.Image("dropped.img", 2);
        byte[] before = File.ReadAllBytes(image);
        CommandResult run = ReplayKitCommand.Run("run", "--kernel", guest.Kernel, "--append", "fill=0 read=0", "--memory", "64M", "--disk", image);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(before, File.ReadAllBytes(image));
    }

    [Fact]
    public void Under_a_virtual_clock_two_runs_with_disk_and_entropy_end_in_the_same_state()
    {
        string image = guest.Image("virtual.img", 8);
        string one = guest.Record("virtual-1.rk", "entropy disk read", "--disk", image, "--entropy", "--clock", "virtual");
        string two = guest.Record("virtual-2.rk", "entropy disk read", "--disk", image, "--entropy", "--clock", "virtual");
        Assert.Equal(one, two);
        Assert.Equal(StateHash("virtual-1.rk"), StateHash("virtual-2.rk"));
    }

    [Fact]
    public void A_replay_from_a_checkpoint_has_on_its_disks_what_was_written_up_to_there()
    {
        guest.Record("sought.rk", "disk fill=1 disk read=0 read=1 disk read=0", "--disk", guest.Image("sought-0.img", 4), "--disk", guest.Image("sought-1.img", 3));
        string whole = File.ReadAllText(Path.Combine(guest.File("sought.rk"), "console.log"));
        CommandResult made = ReplayKitCommand.Run("checkpoint", guest.File("sought.rk"), "--every", "7000000");
        Assert.True(made.ExitCode == 0, made.Error);
        int count = TinyGuest.Info(guest.File("sought.rk")).GetProperty("checkpoints").GetProperty("count").GetInt32();
        Assert.True(count >= 5, $"only {count} checkpoints");
        for (int number = 1; number <= count; number++)
        {
            CommandResult replay = ReplayKitCommand.Run("replay", guest.File("sought.rk"), "--from", $"checkpoint:{number}");
            Assert.True(replay.ExitCode == 0, replay.Error);
            Assert.EndsWith(replay.Output, whole, StringComparison.Ordinal);
        }

        CommandResult verify = ReplayKitCommand.Run("verify", guest.File("sought.rk"), "--jobs", "2");
        Assert.True(verify.ExitCode == 0, verify.Error);
    }

    [Fact]
    public void A_changed_image_is_refused_at_once_where_its_sample_shows_it()
    {
        string image = guest.Image("sampled.img", 8);
        guest.Record("sampled.rk", "read", "--disk", image);
        Change(image, at: 0);
        Refused(2, "RK0704", "sampled.img", "verify", guest.File("sampled.rk"));
        File.Delete(image);
        Refused(2, "RK0700", "sampled.img", "replay", guest.File("sampled.rk"));
    }

    [Fact]
    public void A_changed_image_is_refused_by_the_sectors_that_were_read_where_its_sample_does_not_show_it()
    {
        string image = guest.Image("changed.img", 8);
        guest.Record("changed.rk", "read", "--disk", image);
        Change(image, at: 100_000);
        Refused(2, "RK0706", "in sectors 128 to 255", "verify", guest.File("changed.rk"));
    }

    [Fact]
    public void A_machine_in_a_file_is_recorded_as_one_in_options_is()
    {
        string image = guest.Image("described.img", 2);
        string vm = guest.File("vm.json");
        File.WriteAllText(vm, $$"""{ "kernel": "{{Path.GetFileName(guest.Kernel)}}", "append": "read entropy", "memory": "64M", "entropy": true, "clock": "virtual", "disk": [ { "file": "described.img", "readonly": true } ] }""");
        CommandResult result = ReplayKitCommand.Run("record", "--vm", vm, "-o", guest.File("described.rk"));
        Assert.True(result.ExitCode == 0, result.Error);
        guest.Record("described-again.rk", "read entropy", "--entropy", "--clock", "virtual", "--disk", image + ",readonly");
        Assert.Equal(StateHash("described-again.rk"), StateHash("described.rk"));
    }

    [Theory]
    [InlineData("RK0301", ",format=vmdk")]
    [InlineData("RK0301", ",speed=fast")]
    [InlineData("RK0301", ",readonly=yes")]
    [InlineData("RK0302", ",readonly,write-through")]
    [InlineData("RK0705", ",write-through")]
    public void A_disk_that_cannot_be_is_refused_by_name(string code, string more)
    {
        string image = guest.Image("asked.img", 1);
        Refused(1, code, string.Empty, "run", "--kernel", guest.Kernel, "--disk", image + more);
    }

    [Fact]
    public void More_disks_than_there_are_slots_are_refused()
    {
        string image = guest.Image("slots.img", 1);
        Refused(1, "RK0315", "30", ["run", "--kernel", guest.Kernel, .. Enumerable.Repeat((string[])["--disk", image], 31).SelectMany(pair => pair)]);
    }

    [Fact]
    public async Task What_a_killed_recorder_leaves_verifies_while_its_guest_was_writing()
    {
        string image = guest.Image("killed.img", 64);
        for (int kill = 0; kill < 3; kill++)
        {
            string name = $"killed-{kill}.rk";
            using Process process = ReplayKitCommand.Start(Path.GetTempPath(), guest.RecordArguments(name, "fill fill fill fill fill fill read", "--disk", image));
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            while (!File.Exists(Path.Combine(guest.File(name), "manifest.json")))
            {
                Thread.Sleep(5);
            }

            Thread.Sleep(700 + (kill * 500));
            process.Kill();
            await process.WaitForExitAsync();
            await output;
            guest.Verify(name);
        }
    }

    [Fact]
    public void A_panic_of_the_guest_ends_a_recording_by_its_own_reason_and_exit_code()
    {
        CommandResult result = ReplayKitCommand.Run(guest.RecordArguments("panic.rk", "panic"));
        Assert.Equal(5, result.ExitCode);
        Assert.Equal("guest-panicked", TinyGuest.Info(guest.File("panic.rk")).GetProperty("ended").GetString());
        guest.Verify("panic.rk");
    }

    private static void Change(string image, int at)
    {
        byte[] bytes = File.ReadAllBytes(image);
        bytes[at] ^= 1;
        File.WriteAllBytes(image, bytes);
    }

    private static void Refused(int exitCode, string code, string what, params string[] arguments)
    {
        CommandResult result = ReplayKitCommand.Run(arguments);
        string line = Assert.Single(result.ErrorLines);
        Assert.StartsWith($"replaykit: {code}: ", line, StringComparison.Ordinal);
        Assert.Contains(what, line, StringComparison.Ordinal);
        Assert.Equal(exitCode, result.ExitCode);
    }

    private static string Line(string output, string step) =>
        output.Split('\n').First(line => line.StartsWith(step + " ", StringComparison.Ordinal));

    private string StateHash(string name) => TinyGuest.Info(guest.File(name)).GetProperty("state_hash").GetString()!;
}
