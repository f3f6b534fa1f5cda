using ReplayKit.Tests.Command;

namespace ReplayKit.Tests.EndToEnd;

/// <summary>Debian's unmodified cloud kernel, with KASLR, to a busybox script and power-off: the main job.</summary>
public sealed class DebianBootTests : IDisposable
{
    private const string Script =
        """
        uname -r
        echo "sum: $(seq 1 1000 | sha256sum)"
        ps | grep -c kworker
        cat /proc/sys/kernel/random/boot_id
        echo the guest is done
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("6.1")]
    [InlineData("6.12")]
    public void A_stock_kernel_boots_under_the_recorder_and_its_replay_is_the_same_bit_for_bit(string version)
    {
        Dictionary<string, string> guest = Programs.Run(Checkout.Path("samples", "guest", "fetch.sh"), version)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).ToDictionary(line => line.Split('=')[0], line => line.Split('=')[1]);
        string initrd = Initramfs(guest["busybox"]);
        string recording = _folder.File("boot.rk");
        CommandResult record = ReplayKitCommand.Run(
            "record", "--kernel", guest["vmlinuz"], "--initrd", initrd, "--append", "console=ttyS0", "--memory", "512M", "-o", recording);
        Assert.True(record.ExitCode == 0, record.Error);
        Assert.Contains($"\n{version}.", record.Output, StringComparison.Ordinal);
        Assert.Contains("sum: 67d4ff71d43921d5739f387da09746f405e425b07d727e4c69d029461d1f051f", record.Output, StringComparison.Ordinal);
        Assert.Contains("the guest is done", record.Output, StringComparison.Ordinal);
        Assert.Equal("power-off", TinyGuest.Info(recording).GetProperty("ended").GetString());

        CommandResult verify = ReplayKitCommand.Run("verify", recording);
        Assert.True(verify.ExitCode == 0, verify.Error);
        Assert.Equal(record.Output, ReplayKitCommand.Run("replay", recording).Output);
    }

    private string Initramfs(string busybox)
    {
        string script = _folder.File("script");
        File.WriteAllText(script, Script);
        string initrd = _folder.File("initramfs.cpio.gz");
        Programs.Run(Checkout.Path("samples", "guest", "initramfs.sh"), "--busybox", busybox, "--script", script, "-o", initrd);
        return initrd;
    }
}
