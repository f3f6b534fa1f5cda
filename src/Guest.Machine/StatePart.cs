namespace Guest.Machine;

/// <summary>One part of the state hash: replay and recording are compared part by part, so that a divergence has a name.</summary>
/// <param name="Kind">What it covers.</param>
/// <param name="Number">Which one of that kind: vCPU, device, memory region or output.</param>
/// <param name="Hash">Its hash: SHA-256 truncated to its first 128 bits, read as a little-endian number.</param>
public readonly record struct StatePart(StatePartKind Kind, int Number, Hash128 Hash);
