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
        IEnumerable<string> codes = Directory.EnumerateFiles(Checkout.Path("src"), "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(path => System.Text.RegularExpressions.Regex.Matches(
                File.ReadAllText(path), @"new(?: ReplayKitException)?\(\s*([0-9]{3,4}),\s*ExitCode\."))
            .Select(match => $"RK{int.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture):D4}")
            .Distinct().Order();
        Assert.NotEmpty(codes);
        Assert.DoesNotContain(codes, code => !page.Contains($"| {code} |", StringComparison.Ordinal));
    }
}
