namespace ReplayKit.Tests.Command;

/// <summary>The help texts against the approved ones in Approved/. A changed text is approved by running the tests with REPLAYKIT_APPROVE=1.</summary>
public sealed class HelpTests
{
    [Fact]
    public void The_help_of_the_command_is_approved() => Approve("help", ReplayKitCommand.Run("--help").Output);

    [Fact]
    public void The_help_of_every_verb_is_approved_and_ends_with_an_example()
    {
        string[] verbs = Verbs();
        Assert.NotEmpty(verbs);
        foreach (string verb in verbs)
        {
            string help = ReplayKitCommand.Run(verb, "--help").Output;
            Assert.Contains($"Examples:\n  replaykit {verb}", help, StringComparison.Ordinal);
            Approve($"help-{verb}", help);
        }
    }

    [Fact]
    public void No_approved_help_is_left_of_a_verb_that_is_gone() => Assert.Equal(
        Verbs().Select(verb => $"help-{verb}.txt").Order(),
        Directory.EnumerateFiles(Checkout.Path("tests", "ReplayKit.Tests", "Approved"), "help-*.txt").Select(path => Path.GetFileName(path)!).Order());

    private static string[] Verbs() =>
    [
        .. ReplayKitCommand.Run("--help").Output.Split("Commands:\n")[1].Split('\n')
            .Where(line => line.StartsWith("  ", StringComparison.Ordinal) && line.Length > 2 && line[2] != ' ')
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[0]),
    ];

    private static void Approve(string name, string text)
    {
        string file = Checkout.Path("tests", "ReplayKit.Tests", "Approved", name + ".txt");
        if (Environment.GetEnvironmentVariable("REPLAYKIT_APPROVE") == "1")
        {
            File.WriteAllText(file, text);
        }

        Assert.True(File.Exists(file), $"{file} is missing: look at the text below, and approve it with REPLAYKIT_APPROVE=1\n{text}");
        Assert.Equal(File.ReadAllText(file), text);
    }
}
