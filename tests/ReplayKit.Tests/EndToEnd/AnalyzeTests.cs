using ReplayKit.Tests.Command;

namespace ReplayKit.Tests.EndToEnd;

/// <summary>Analyses of a small guest by the command.</summary>
public sealed class AnalyzeTests(TinyGuest guest) : IClassFixture<TinyGuest>
{
    private static readonly string[] s_plugins = ["block-count", "instruction-mix"];

    [Fact]
    public void Segments_by_processes_of_their_own_and_jobs_give_what_one_piece_gives()
    {
        string[] whole = Analyze("whole");
        Assert.Equal(2, whole.Length);
        Assert.Equal(whole, Analyze("jobs", "--jobs", "3"));
        Assert.Equal(whole, Analyze("interpreted", "--engine", "interpreter"));
        string[] segments = [.. Enumerable.Range(1, 4).Select(number => guest.File($"{number}.seg"))];
        for (int number = 1; number <= segments.Length; number++)
        {
            Done(["analyze", guest.Recording, .. s_plugins, "--segment", $"{number}/4", "--out", segments[number - 1]]);
        }

        Done(["join", .. segments.Reverse(), "--out", guest.File("joined"), "--format", "csv"]);
        Assert.Equal(whole, Texts("joined"));
        CommandResult incomplete = ReplayKitCommand.Run(["join", segments[0], segments[2], "--out", guest.File("incomplete")]);
        Assert.Equal(2, incomplete.ExitCode);
        Assert.Contains("RK0905", incomplete.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_window_counts_its_instructions_and_no_others()
    {
        Done(["analyze", guest.Recording, "instruction-mix", "--from", "1000", "--to", "51000", "--out", guest.File("window"), "--format", "csv"]);
        long counted = Texts("window")[0].Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(2).Sum(line => long.Parse(line.Split(',')[^1], System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(50_000, counted);
    }

    [Theory]
    [InlineData("RK0902", "no-such-plugin")]
    [InlineData("RK0903", "block-count:size=3")]
    [InlineData("RK0903", "block-count:size")]
    public void A_plugin_that_does_not_exist_or_does_not_take_an_option_is_refused(string code, string plugin)
    {
        CommandResult refused = ReplayKitCommand.Run("analyze", guest.Recording, plugin, "--out", guest.File("refused"));
        Assert.Equal(1, refused.ExitCode);
        Assert.StartsWith($"replaykit: {code}: ", refused.Error, StringComparison.Ordinal);
    }

    private string[] Analyze(string folder, params string[] more)
    {
        Done(["analyze", guest.Recording, .. s_plugins, "--out", guest.File(folder), "--format", "csv", .. more]);
        return Texts(folder);
    }

    private string[] Texts(string folder) =>
        [.. Directory.EnumerateFiles(guest.File(folder)).Order().Select(file => Path.GetFileName(file) + "\n" + File.ReadAllText(file))];

    private static void Done(string[] arguments)
    {
        CommandResult result = ReplayKitCommand.Run(arguments);
        Assert.True(result.ExitCode == 0, result.Error);
    }
}
