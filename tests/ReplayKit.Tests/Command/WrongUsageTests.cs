using System.Globalization;
using System.Text.RegularExpressions;

namespace ReplayKit.Tests.Command;

/// <summary>Wrong command lines: one line on standard error with its code, nothing on standard output, the agreed exit code.</summary>
public sealed class WrongUsageTests
{
    [Theory]
    [InlineData(1, "RK0301")]
    [InlineData(1, "RK0301", "rekord")]
    [InlineData(1, "RK0301", "ls", "--jason")]
    public void A_wrong_command_line_is_answered_by_one_line_with_a_code(int exitCode, string code, params string[] arguments)
    {
        CommandResult result = ReplayKitCommand.Run(arguments);
        Assert.Equal(exitCode, result.ExitCode);
        Assert.Empty(result.Output);
        string line = Assert.Single(result.ErrorLines);
        Assert.StartsWith($"replaykit: {code}: ", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_code_in_the_sources_has_a_row_in_the_page_on_errors()
    {
        string page = File.ReadAllText(Checkout.Path("docs", "errors.md"));
        string[] codes = [.. Directory.EnumerateFiles(Checkout.Path("src"), "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(path => CodesIn(path, File.ReadAllText(path))).Distinct().Order()];
        Assert.Contains("RK0301", codes);
        Assert.Contains("RK0101", codes);
        Assert.DoesNotContain(codes, code => !page.Contains($"| {code} |", StringComparison.Ordinal));
    }

    /// <summary>The codes where errors are created, and the named ones of the files that list them.</summary>
    private static IEnumerable<string> CodesIn(string path, string source)
    {
        string named = path.EndsWith("Errors.cs", StringComparison.Ordinal) ? @"|const int \w+ = ([0-9]{3,4});" : string.Empty;
        return Regex.Matches(source, @"new(?: ReplayKitException)?\(\s*([0-9]{3,4}),\s*ExitCode\." + named)
            .Select(match => int.Parse(match.Groups[1].Length > 0 ? match.Groups[1].ValueSpan : match.Groups[2].ValueSpan, CultureInfo.InvariantCulture))
            .Select(code => $"RK{code:D4}");
    }
}
