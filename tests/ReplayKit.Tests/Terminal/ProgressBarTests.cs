using ReplayKit.Cli.Terminal;

namespace ReplayKit.Tests.Terminal;

public sealed class ProgressBarTests
{
    [Fact]
    public void Half_way_shows_half_a_bar_the_rate_and_the_time_left() => Assert.Equal(
        "verify [###############...............]  50 %    40.0 M instructions/s  0:00:25 left",
        ProgressBar.Line("verify", 1_000_000_000, 2_000_000_000, TimeSpan.FromSeconds(25)));

    [Fact]
    public void Before_anything_was_done_no_time_is_promised() =>
        Assert.EndsWith("-:--:-- left", ProgressBar.Line("verify", 0, 10, TimeSpan.Zero), StringComparison.Ordinal);

    [Fact]
    public void More_than_the_total_is_the_whole_bar() =>
        Assert.Contains("[##############################] 100 %", ProgressBar.Line("replay", 20, 10, TimeSpan.FromSeconds(1)), StringComparison.Ordinal);

    [Fact]
    public void Nothing_is_written_where_there_is_no_terminal()
    {
        using ProgressBar bar = new("replay", 0, 10, null);
        bar.Report(5);
    }

    [Fact]
    public void The_line_is_cleared_at_the_end()
    {
        using StringWriter terminal = new();
        using (ProgressBar bar = new("replay", 0, 10, terminal))
        {
            bar.Report(5);
        }

        Assert.EndsWith("\r\x1b[K", terminal.ToString(), StringComparison.Ordinal);
    }
}
