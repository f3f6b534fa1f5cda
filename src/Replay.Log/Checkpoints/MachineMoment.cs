using Guest.Machine;

namespace Replay.Log.Checkpoints;

/// <summary>What a checkpoint says of the moment at which it was begun, beside the pages.</summary>
/// <param name="At">The position.</param>
/// <param name="State">What the machine saved.</param>
/// <param name="Parts">The state hash, with 0 for RAM's part.</param>
/// <param name="Vendor">The host's vendor that the log had noted.</param>
internal sealed record MachineMoment(Position At, byte[] State, IReadOnlyList<StatePart> Parts, string Vendor);
