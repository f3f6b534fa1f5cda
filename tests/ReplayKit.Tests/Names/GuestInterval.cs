namespace ReplayKit.Tests.Names;

/// <summary>A span of time in which a worker's mappings did not change.</summary>
/// <param name="What">Which of its phases.</param>
/// <param name="Pid">The process.</param>
/// <param name="ParentPid">Its parent.</param>
/// <param name="From">From this time-stamp on.</param>
/// <param name="To">Up to this one.</param>
/// <param name="Maps">Its <c>/proc/self/maps</c>.</param>
public sealed record GuestInterval(string What, int Pid, int ParentPid, ulong From, ulong To, IReadOnlyList<string> Maps);
