namespace Replay.Engine.Observe;

/// <summary>What a vCPU's trace has counted of edges for one plugin, by owner and piece of code.</summary>
internal sealed class EdgeCollector
{
    /// <summary>How often pieces that end with a jump or call to a known place were executed, and how often it was taken where it is conditional.</summary>
    internal Dictionary<(CodeOwner Owner, int Piece), (long Count, long Taken)> Direct { get; } = [];

    /// <summary>How often the others went where.</summary>
    internal Dictionary<(CodeOwner Owner, int Piece, ulong Target), long> Indirect { get; } = [];
}
