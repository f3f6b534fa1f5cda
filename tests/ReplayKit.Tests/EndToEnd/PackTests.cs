using ReplayKit.Tests.Command;

namespace ReplayKit.Tests.EndToEnd;

/// <summary>A packed recording by the command: read as it is, and unpacked where the kernel is not.</summary>
public sealed class PackTests(TinyGuest guest, DevicesGuest devices) : IClassFixture<TinyGuest>, IClassFixture<DevicesGuest>
{
    [Fact]
    public void A_packed_recording_replays_as_it_is_and_unpacked()
    {
        string packed = guest.File("recorded.rkz");
        CommandResult pack = ReplayKitCommand.Run("pack", guest.Recording, "-o", packed);
        Assert.True(pack.ExitCode == 0, pack.Error);
        string[] before = Temporary();
        Assert.Equal(guest.Recorded.Output, ReplayKitCommand.Run("replay", packed).Output);
        Assert.Equal("power-off", TinyGuest.Info(packed).GetProperty("ended").GetString());
        Assert.Empty(Temporary().Except(before));

        string elsewhere = guest.File("elsewhere.rk");
        Assert.Equal(0, ReplayKitCommand.Run("unpack", packed, "-o", elsewhere).ExitCode);
        string hidden = guest.Kernel + ".hidden";
        File.Move(guest.Kernel, hidden);
        CommandResult verify = ReplayKitCommand.Run("verify", elsewhere);
        File.Move(hidden, guest.Kernel);
        Assert.True(verify.ExitCode == 0, verify.Error);
    }

    [Fact]
    public void A_packed_recording_holds_the_blocks_that_were_read_and_needs_no_image()
    {
        string image = devices.Image("packing.img", 8);
        devices.Record("packing.rk", "disk disk", "--disk", image);
        string packed = devices.File("packing.rkz");
        CommandResult pack = ReplayKitCommand.Run("pack", devices.File("packing.rk"), "-o", packed);
        Assert.True(pack.ExitCode == 0, pack.Error);
        Assert.True(new FileInfo(packed).Length < 7 << 20, "the whole image is there");
        File.Move(image, image + ".away");
        devices.Verify("packing.rkz", "packing.rk");
        Assert.Equal(0, ReplayKitCommand.Run("unpack", packed, "-o", devices.File("unpacked.rk")).ExitCode);
        devices.Verify("unpacked.rk");
        Assert.Equal(0, ReplayKitCommand.Run("pack", devices.File("unpacked.rk"), "-o", devices.File("again.rkz")).ExitCode);
        Assert.Equal(File.ReadAllBytes(packed), File.ReadAllBytes(devices.File("again.rkz")));
        File.Delete(Path.Combine(devices.File("unpacked.rk"), "disks", "1.blocks"));
        CommandResult refused = ReplayKitCommand.Run("verify", devices.File("unpacked.rk"));
        Assert.StartsWith("replaykit: RK0700: ", Assert.Single(refused.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_packed_recording_is_refused_by_name()
    {
        CommandResult result = ReplayKitCommand.Run("replay", guest.Kernel);
        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith("replaykit: RK0101: ", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
    }

    private static string[] Temporary() => Directory.GetDirectories(Path.GetTempPath(), "replaykit-??????");
}
