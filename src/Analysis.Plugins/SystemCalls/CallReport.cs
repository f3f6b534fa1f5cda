using System.Globalization;
using Replay.Engine.Observe;

namespace Analysis.Plugins.SystemCalls;

/// <summary>Writes system calls as rows and as strace does.</summary>
internal static class CallReport
{
    private static readonly string[] s_kinds = ["call", "call", "start", "signal", "end"];

    /// <summary>Writes the table.</summary>
    internal static void WriteRows(IReport report, IEnumerable<CallRow> rows)
    {
        foreach (CallRow row in rows)
        {
            bool unseen = row.First.Kind == CallEventKind.Exit;
            report.Row(
                ("order", row.First.Order),
                ("time_ns", row.First.Time),
                ("pid", row.First.Pid),
                ("tid", row.First.Tid),
                ("process", row.First.Name),
                ("kind", s_kinds[(int)row.First.Kind]),
                ("name", row.Name),
                ("abi", row.First.Abi == CallAbi.I386 ? "i386" : "x86_64"),
                ("arguments", row.IsCall ? row.Arguments : string.Empty),
                ("result", row.Exit?.Value ?? row.First.Value),
                ("error", row.Exit is { } exit ? Errno.NameOf(exit.Value) : string.Empty),
                ("state", !row.IsCall ? string.Empty : unseen ? "began before" : row.Exit is null ? "no return" : "returned"),
                ("exit_order", row.Exit?.Order ?? 0),
                ("duration_ns", unseen || row.Exit is null ? 0 : row.Exit.Time - row.First.Time));
        }
    }

    /// <summary>Writes the text.</summary>
    internal static void WriteText(Stream stream, IEnumerable<CallRow> rows)
    {
        using StreamWriter text = new(stream) { NewLine = "\n" };
        foreach (CallRow row in rows)
        {
            string seconds = (row.First.Time / 1e9).ToString("F6", CultureInfo.InvariantCulture);
            text.WriteLine($"{row.First.Tid,-5} {seconds} {LineOf(row)}");
        }
    }

    private static string LineOf(CallRow row) => row.First.Kind switch
    {
        CallEventKind.Start => "+++ started +++",
        CallEventKind.Signal => $"--- {row.Name} {{si_signo={row.Name}, si_code={SignalCode(row)}}} ---",
        CallEventKind.End => (row.First.Value & 0x7F) != 0
            ? $"+++ killed by {Forms.Signals.Name((uint)row.First.Value & 0x7F)}{((row.First.Value & 0x80) != 0 ? " (core dumped)" : string.Empty)} +++"
            : $"+++ exited with {(row.First.Value >> 8) & 0xFF} +++",
        CallEventKind.Exit => $"<... {row.Name} resumed>{row.Arguments}) = {row.Result}",
        _ => $"{row.Name}({row.Arguments}) = {row.Result}{Duration(row)}",
    };

    private static string SignalCode(CallRow row) =>
        row.First.Number == 17 && row.First.Value is >= 1 and <= 6
            ? new[] { "CLD_EXITED", "CLD_KILLED", "CLD_DUMPED", "CLD_TRAPPED", "CLD_STOPPED", "CLD_CONTINUED" }[row.First.Value - 1]
            : Forms.Constants.SignalCode.Name((uint)row.First.Value);

    private static string Duration(CallRow row) =>
        row.Exit is { } exit ? $" <{((exit.Time - row.First.Time) / 1e9).ToString("F6", CultureInfo.InvariantCulture)}>" : string.Empty;
}
