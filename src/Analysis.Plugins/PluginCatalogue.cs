using Analysis.Plugins.BlockVectors;
using Analysis.Plugins.Coverage;
using Analysis.Plugins.Profiling;
using Replay.Engine.Observe;

namespace Analysis.Plugins;

/// <summary>The plugins that come with ReplayKit. To add one, write its file and a line here.</summary>
public static class PluginCatalogue
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<PluginEntry> All { get; } =
    [
        PluginEntry.OfSegmented<BasicBlockVectors>(),
        PluginEntry.OfSegmented<BlockCount>(),
        PluginEntry.Of<Branches.Branches>(),
        PluginEntry.Of<Caches.Caches>(),
        PluginEntry.OfSegmented<CodeCoverage>(),
        PluginEntry.OfSegmented<InstructionMix>(),
        PluginEntry.OfSegmented<Interrupts.Interrupts>(),
        PluginEntry.OfSegmented<Profile>(),
        PluginEntry.Of<Search.Search>(),
        PluginEntry.OfSegmented<SystemCalls.SystemCalls>(),
        PluginEntry.OfSegmented<Timeline.Timeline>(),
        PluginEntry.Of<WhoWrote.WhoWrote>(),
        PluginEntry.OfSegmented<WorkingSet.WorkingSet>(),
    ];
}
