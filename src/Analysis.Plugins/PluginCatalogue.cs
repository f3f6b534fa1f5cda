using Replay.Engine.Observe;

namespace Analysis.Plugins;

/// <summary>The plugins that come with ReplayKit. To add one, write its file and a line here.</summary>
public static class PluginCatalogue
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<PluginEntry> All { get; } =
    [
        PluginEntry.OfSegmented<BlockCount>(),
        PluginEntry.OfSegmented<InstructionMix>(),
        PluginEntry.OfSegmented<Interrupts.Interrupts>(),
        PluginEntry.OfSegmented<SystemCalls.SystemCalls>(),
        PluginEntry.OfSegmented<Timeline.Timeline>(),
    ];
}
