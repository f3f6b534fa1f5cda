using Guest.Machine;
using Guest.Machine.Board;
using Guest.Machine.X86;
using Replay.Engine.Observe;
using Trace.Export;
using Trace.Export.Reports;

namespace ReplayKit.Tests.Observe;

/// <summary>Lets plugins watch a window of a boot in which a shell starts processes.</summary>
internal static class WatchedBoot
{
    /// <summary>Watches with one plugin; it must not fail.</summary>
    public static void Watch<TPlugin>(TPlugin plugin, ulong instructions, EngineOptions? engine = null)
        where TPlugin : class, IPlugin
    {
        using VirtualMachine machine = BootedGuest.Copy(engine ?? new EngineOptions());
        PluginRun<TPlugin> run = new(plugin, null);
        using Observation observation = new(machine, [run]);
        Position end = new(0, BootedGuest.From + instructions);
        foreach (Position cut in observation.Cuts(end))
        {
            Assert.Equal(RunStop.Reached, machine.RunTo(cut));
            observation.Cut();
        }

        Assert.Equal(RunStop.Reached, machine.RunTo(end));
        observation.Complete();
        Assert.Null(run.Slot.Failure);
    }

    /// <summary>The files of a plugin's report, by name; tables as CSV.</summary>
    public static Dictionary<string, byte[]> Report<TPlugin>(TPlugin plugin)
        where TPlugin : class, ISegmentedPlugin<TPlugin>
    {
        using TemporaryFolder folder = new();
        ReportFolder report = new(folder.Path, TPlugin.Name);
        plugin.Report(report);
        report.Write(TableFormats.All.Single(format => format.Name == "csv"), new TraceMetadata("a test", default, default));
        return report.Files.ToDictionary(file => Path.GetFileName(file), File.ReadAllBytes);
    }
}
