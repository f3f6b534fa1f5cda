using Replay.Engine.Observe;

namespace Analysis.Plugins.SystemCalls;

/// <summary>Lists the system calls of all processes as strace does, with their arguments, results, times and positions, the signals that reach handlers, and the beginning and end of threads.</summary>
public sealed class SystemCalls : ISegmentedPlugin<SystemCalls>
{
    private const string ExitFunction = "syscall_exit_to_user_mode";
    private readonly KeptList<CallEvent> _events = new((writer, each) => each.Save(writer), CallEvent.Load);
    private readonly string _process;
    private readonly int _strings;

    /// <summary>Makes it.</summary>
    /// <param name="process">Only of processes with this name, as it is at that moment, or this number.</param>
    /// <param name="strings">Most bytes of a text or buffer, and elements of an array, that are shown.</param>
    public SystemCalls(string process = "", int strings = 32)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(strings);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(strings, 1 << 16);
        (_process, _strings) = (process, strings);
    }

    /// <inheritdoc/>
    public static string Name => "system-calls";

    /// <inheritdoc/>
    public void Subscribe(IInstrumentation on)
    {
        on.Keep(_events);
        CallWatch watch = new(on.Guest, _events.Add, _strings);
        on.Transfers(before: null, after: watch.Entered);
        on.KernelFunction(ExitFunction, watch.Exiting);
        on.KernelFunction("signal_setup_done", watch.Signaled);
        on.KernelFunction("do_exit", watch.Ending);
        on.Ended(guest => RequiredSymbols.Check(guest, ExitFunction, "do_exit"));
    }

    /// <inheritdoc/>
    public void Append(SystemCalls next) => _events.Append(next._events);

    /// <inheritdoc/>
    public void Report(IReport report)
    {
        IReadOnlyList<CallRow> rows = [.. CallMatcher.Match(_events.Items).Where(IsWanted)];
        CallReport.WriteRows(report, rows);
        report.File("system-calls.txt", stream => CallReport.WriteText(stream, rows));
    }

    // A process may change its name by the call itself (execve).
    private bool IsWanted(CallRow row) => _process.Length == 0 || _process == row.First.Name || _process == row.Exit?.Name || _process == $"{row.First.Pid}";
}
