using ReplayKit.Tests.Command;

namespace ReplayKit.Tests.EndToEnd;

/// <summary>What is wrong with kernels, initrds, machines and options is said in one line, with a code and the agreed exit code.</summary>
public sealed class BadInputTests(TinyGuest guest) : IClassFixture<TinyGuest>
{
    [Fact]
    public void A_kernel_that_is_not_there_is_refused() =>
        Refused(2, "RK0303", "run", "--kernel", guest.File("nothing"));

    [Fact]
    public void A_file_that_is_no_kernel_is_refused()
    {
        string file = guest.File("no-kernel");
        File.WriteAllText(file, new string('x', 100_000));
        Refused(2, null, "run", "--kernel", file);
    }

    [Fact]
    public void An_empty_kernel_is_refused()
    {
        string file = guest.File("empty-kernel");
        File.WriteAllBytes(file, []);
        Refused(2, null, "run", "--kernel", file);
    }

    [Fact]
    public void An_initrd_that_does_not_fit_is_refused()
    {
        string file = guest.File("large-initrd");
        using (FileStream large = File.Create(file))
        {
            large.SetLength(70 << 20);
        }

        Refused(1, "RK0205", "run", "--kernel", guest.Kernel, "--initrd", file, "--memory", "64M");
    }

    [Theory]
    [InlineData("0")]
    [InlineData("4K")]
    [InlineData("much")]
    [InlineData("512Q")]
    [InlineData("100T")]
    public void A_memory_size_that_cannot_be_is_refused(string size) => Refused(1, null, "run", "--kernel", guest.Kernel, "--memory", size);

    [Theory]
    [InlineData("0")]
    [InlineData("65")]
    public void A_number_of_processors_that_no_machine_has_is_refused(string cpus) => Refused(1, "RK0311", "run", "--kernel", guest.Kernel, "--cpus", cpus);

    [Fact]
    public void An_unknown_CPU_model_is_refused() => Refused(1, "RK0407", "run", "--kernel", guest.Kernel, "--cpu", "i486");

    [Fact]
    public void An_output_folder_that_exists_is_refused_and_left_alone()
    {
        string before = File.ReadAllText(Path.Combine(guest.Recording, "console.log"));
        Refused(1, "RK0108", guest.RecordArguments("recorded.rk", "lines=1"));
        Assert.Equal(before, File.ReadAllText(Path.Combine(guest.Recording, "console.log")));
    }

    [Fact]
    public void A_kernel_that_has_changed_since_the_recording_is_refused()
    {
        string kernel = guest.File("changing");
        File.Copy(guest.Kernel, kernel);
        CommandResult record = ReplayKitCommand.Run("record", "--kernel", kernel, "--append", "lines=2", "--memory", "64M", "-o", guest.File("changing.rk"));
        Assert.True(record.ExitCode == 0, record.Error);
        byte[] bytes = File.ReadAllBytes(kernel);
        bytes[^1] ^= 1;
        File.WriteAllBytes(kernel, bytes);
        Refused(2, "RK0106", "verify", guest.File("changing.rk"));
        File.Delete(kernel);
        Refused(2, "RK0107", "replay", guest.File("changing.rk"));
    }

    [Fact]
    public void A_window_that_ends_before_it_begins_is_refused() =>
        Refused(1, "RK0302", "replay", guest.Recording, "--from", "2000", "--to", "1000");

    [Fact]
    public void A_position_behind_the_end_is_refused() => Refused(1, "RK0306", "replay", guest.Recording, "--to", "99999999999");

    [Fact]
    public void A_text_that_is_no_position_is_refused() => Refused(1, "RK0305", "replay", guest.Recording, "--from", "soon");

    [Fact]
    public void An_unknown_table_is_refused() =>
        Refused(1, "RK0309", "export", guest.Recording, "--table", "instructions,dreams", "--out", guest.File("dreams"));

    [Fact]
    public void An_export_into_a_folder_that_exists_is_refused() =>
        Refused(1, "RK0307", "export", guest.Recording, "--table", "events", "--out", guest.Recording);

    private static void Refused(int exitCode, string? code, params string[] arguments)
    {
        CommandResult result = ReplayKitCommand.Run(arguments);
        string line = Assert.Single(result.ErrorLines);
        Assert.StartsWith($"replaykit: {code ?? "RK0"}", line, StringComparison.Ordinal);
        Assert.DoesNotContain("RK0399", line, StringComparison.Ordinal);
        Assert.Equal(exitCode, result.ExitCode);
        Assert.Empty(result.Output);
    }
}
