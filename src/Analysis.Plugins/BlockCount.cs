using Replay.Engine.Observe;

namespace Analysis.Plugins;

/// <summary>Counts executed basic blocks.</summary>
public sealed class BlockCount : ISegmentedPlugin<BlockCount>
{
    private readonly PerVcpu<long> _blocks = new();

    /// <inheritdoc/>
    public static string Name => "block-count";

    /// <inheritdoc/>
    public void Subscribe(IInstrumentation on) => on.BlockExecuted(add: _blocks);

    /// <inheritdoc/>
    public void Append(BlockCount next) => _blocks.Add(next._blocks);

    /// <inheritdoc/>
    public void Report(IReport report) => report.Row(("blocks", _blocks.Total));
}
