using System.Globalization;
using System.Text;
using Replay.Engine.Observe;

namespace Analysis.Plugins.Profiling;

/// <summary>Writes a profile: tables by function, by caller and by thread, collapsed stacks, a flame graph, and pprof's format.</summary>
/// <param name="top">What is above all threads.</param>
/// <param name="least">Stacks with fewer instructions than one in so many are left out of the flame graph.</param>
internal sealed class ProfileReport(FrameNode top, int least)
{
    private readonly Dictionary<Frame, (long Self, long Total)> _functions = [];
    private readonly Dictionary<(Frame Caller, Frame Callee), long> _calls = [];
    private readonly Dictionary<Frame, (long User, long Kernel)> _threads = [];

    /// <summary>Writes all of it.</summary>
    public void Write(IReport report)
    {
        top.Sum();
        foreach (FrameNode thread in top.Callees)
        {
            foreach (FrameNode function in thread.Callees)
            {
                Collect(function, thread.Frame, []);
            }
        }

        WriteTables(report);
        report.File("profile.collapsed", WriteCollapsed);
        report.File("profile.svg", stream => new FlameGraph(top, least).Write(stream));
        report.File("profile.pb.gz", stream => PprofFile.Write(stream, top));
    }

    // A function that is on the stack several times counts once in its total.
    private void Collect(FrameNode node, Frame thread, HashSet<Frame> below)
    {
        bool isFirst = below.Add(node.Frame);
        (long self, long total) = _functions.GetValueOrDefault(node.Frame);
        _functions[node.Frame] = (self + node.Self, total + (isFirst ? node.Total : 0));
        (long user, long kernel) = _threads.GetValueOrDefault(thread);
        _threads[thread] = node.Frame.IsKernel ? (user, kernel + node.Self) : (user + node.Self, kernel);
        foreach (FrameNode callee in node.Callees)
        {
            _calls[(node.Frame, callee.Frame)] = _calls.GetValueOrDefault((node.Frame, callee.Frame)) + callee.Total;
            Collect(callee, thread, below);
        }

        if (isFirst)
        {
            below.Remove(node.Frame);
        }
    }

    private void WriteTables(IReport report)
    {
        foreach ((Frame frame, (long self, long total)) in _functions.OrderByDescending(function => function.Value.Self).ThenBy(function => function.Key))
        {
            report.Row(("function", frame.Function), ("module", frame.Module), ("self", self), ("total", total));
        }

        IReportTable calls = report.Table("calls");
        foreach (((Frame caller, Frame callee), long total) in _calls.OrderByDescending(call => call.Value).ThenBy(call => call.Key))
        {
            calls.Row(("caller", caller.Function), ("caller_module", caller.Module), ("callee", callee.Function), ("callee_module", callee.Module), ("instructions", total));
        }

        IReportTable threads = report.Table("threads");
        foreach ((Frame thread, (long user, long kernel)) in _threads.OrderByDescending(thread => thread.Value.User + thread.Value.Kernel).ThenBy(thread => thread.Key))
        {
            threads.Row(("thread", thread.Function), ("user", user), ("kernel", kernel));
        }
    }

    private void WriteCollapsed(Stream stream)
    {
        using StreamWriter writer = new(stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
        foreach (FrameNode thread in top.Callees)
        {
            WriteCollapsed(writer, thread, string.Empty);
        }
    }

    private static void WriteCollapsed(StreamWriter writer, FrameNode node, string below)
    {
        string stack = below + (below.Length > 0 ? ";" : string.Empty) + node.Frame.Text.Replace(';', ':').ReplaceLineEndings(" ");
        if (node.Self > 0)
        {
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{stack} {node.Self}"));
        }

        foreach (FrameNode callee in node.Callees)
        {
            WriteCollapsed(writer, callee, stack);
        }
    }
}
