using System.Diagnostics;
using System.Globalization;

namespace ReplayKit.Cli.Terminal;

/// <summary>A bar with rate and time left on standard error; nothing at all where that is not a terminal.</summary>
internal sealed class ProgressBar : IDisposable
{
    private const int Cells = 30;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly TextWriter? terminal;
    private readonly string what;
    private readonly ProgressUnit unit;
    private readonly ulong start;
    private readonly ulong total;
    private readonly Stopwatch elapsed = Stopwatch.StartNew();
    private TimeSpan drawn = -Interval;
    private bool anythingDrawn;

    /// <summary>Starts the bar.</summary>
    /// <param name="what">The work, in one word.</param>
    /// <param name="start">What is done already, by others.</param>
    /// <param name="end">What is done when it is complete.</param>
    /// <param name="unit">What is counted.</param>
    public ProgressBar(string what, ulong start, ulong end, ProgressUnit unit = ProgressUnit.Instructions)
        : this(what, start, end, StandardError.IsTerminal ? StandardError.Writer : null, unit)
    {
    }

    /// <summary>Starts the bar on a given terminal.</summary>
    internal ProgressBar(string what, ulong start, ulong end, TextWriter? terminal, ProgressUnit unit = ProgressUnit.Instructions)
    {
        this.unit = unit;
        this.what = what;
        this.start = start;
        total = end - Math.Min(start, end);
        this.terminal = terminal;
    }

    /// <summary>Shows how far the work has come. Cheap enough to be called ten thousand times a second.</summary>
    /// <param name="done">Instructions done.</param>
    public void Report(ulong done)
    {
        if (terminal is null || elapsed.Elapsed - drawn < Interval)
        {
            return;
        }

        drawn = elapsed.Elapsed;
        anythingDrawn = true;
        terminal.Write('\r' + Line(what, done - Math.Min(start, done), total, drawn, unit) + "\x1b[K");
    }

    /// <summary>Clears the bar's line.</summary>
    public void Dispose()
    {
        if (anythingDrawn)
        {
            terminal!.Write("\r\x1b[K");
        }
    }

    /// <summary>The text of the bar.</summary>
    internal static string Line(string what, ulong done, ulong total, TimeSpan elapsed, ProgressUnit unit = ProgressUnit.Instructions)
    {
        double share = total == 0 ? 1 : Math.Min(1, done / (double)total);
        double rate = elapsed.TotalSeconds > 0 ? done / elapsed.TotalSeconds : 0;
        int full = (int)(share * Cells);
        string left = rate > 0
            ? TimeSpan.FromSeconds(Math.Min((total - Math.Min(done, total)) / rate, 359999)).ToString("h\\:mm\\:ss", CultureInfo.InvariantCulture)
            : "-:--:--";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{what} [{new string('#', full)}{new string('.', Cells - full)}] {share * 100,3:F0} %  {rate / 1e6,6:F1} {(unit == ProgressUnit.Bytes ? "MB/s" : "M instructions/s")}  {left} left");
    }
}
