using Guest.Machine;
using Guest.Machine.Board;
using Guest.Machine.Board.Boot;
using ReplayKit.Tests.Command;
using ReplayKit.Tests.Determinism;

namespace ReplayKit.Tests.BareMetal;

/// <summary>The bare-metal suite of privileged behaviour, here and under QEMU.</summary>
public sealed class BareMetalTests(BareMetalImage image) : IClassFixture<BareMetalImage>
{
    private const string Everything = "x86-64-v3,+la57";

    [Theory]
    [InlineData("x86-64-v2", "la57.* exc.ud.avx-without-osxsave exc.avx.* xcr0.*")]
    [InlineData("x86-64-v3", "la57.*")]
    [InlineData(Everything, "")]
    public void Every_check_of_privileged_behaviour_passes(string cpu, string notAnnounced)
    {
        BareMetalReport report = image.OnReplayKit(cpu);
        Assert.True(report.IsComplete, report.Lines[^1]);
        Assert.Empty(report.With("FAIL"));
        Assert.Equal(notAnnounced.Split(' ', StringSplitOptions.RemoveEmptyEntries), report.NotPassed);
        Assert.True(report.Count("PASS") >= 3000, report.Lines[^1]);
    }

    [Fact]
    public void Qemu_passes_what_is_not_listed_as_a_difference_and_nothing_that_is()
    {
        BareMetalReport here = image.OnReplayKit(Everything);
        BareMetalReport qemu = image.OnQemu();
        Assert.True(qemu.IsComplete, qemu.Lines[^1]);
        string[] differ = [.. qemu.NotPassed, .. here.Checks.Keys.Where(name => !qemu.Checks.ContainsKey(name))];
        IReadOnlyDictionary<string, string> listed = QemuDifferences.Read().Reasons;
        Assert.DoesNotContain(differ, name => !listed.ContainsKey(name));

        // The list is that of the version it was made with; later ones may have come closer to the manual.
        if (Programs.Run("qemu-system-x86_64", "--version").Contains("version 7.2.", StringComparison.Ordinal))
        {
            Assert.Empty(listed.Keys.Except(differ));
        }
    }

    [Fact]
    public void A_recording_of_the_suite_verifies()
    {
        string recording = image.Path("suite.rk");
        CommandResult record = ReplayKitCommand.Run("record", "--kernel", image.File, "--memory", "128M", "--cpu", Everything, "--clock", "host", "-o", recording);
        Assert.True(record.ExitCode == 0, record.Error);
        Assert.Empty(BareMetalReport.Read(record.Output).With("FAIL"));
        CommandResult verify = ReplayKitCommand.Run("verify", recording);
        Assert.True(verify.ExitCode == 0, verify.Error);
    }

    [Fact]
    public void Neither_the_engine_nor_the_translation_buffer_nor_the_blocks_size_changes_any_answer()
    {
        string expected = HashOf(new EngineOptions { Kind = EngineKind.Interpreter });
        Assert.Equal(expected, HashOf(new EngineOptions { Kind = EngineKind.Interpreter, TlbEntries = 16, MaxBlock = 1 }));
        Assert.Equal(expected, HashOf(new EngineOptions()));
        Assert.Equal(expected, HashOf(new EngineOptions { TlbEntries = 16, MaxBlock = 1 }));
    }

    private string HashOf(EngineOptions options)
    {
        MachineDescription description = MachineSetup.Describe(Everything, 128UL << 20, 1, ClockMode.Virtual);
        LinuxImages images = new() { Kernel = File.ReadAllBytes(image.File) };
        using VirtualMachine machine = new(description, images, new BootInputs(0, default), new Silence(), options);
        Assert.Equal(RunStop.Ended, machine.RunTo(new Position(0, 1_000_000_000)));
        Assert.Equal(MachineEnd.PowerOff, machine.End);
        return string.Join(' ', machine.HashState());
    }
}
