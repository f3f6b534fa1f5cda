namespace Replay.Engine;

/// <summary>How far apart checkpoints are made: what is reached first.</summary>
/// <param name="Time">Time that replaying takes, or null.</param>
/// <param name="Instructions">Retired instructions, or null.</param>
public readonly record struct CheckpointSpacing(TimeSpan? Time = null, ulong? Instructions = null)
{
    /// <summary>Whether the next one is due.</summary>
    public bool IsReached(TimeSpan time, ulong instructions) => time >= (Time ?? TimeSpan.MaxValue) || instructions >= (Instructions ?? ulong.MaxValue);
}
