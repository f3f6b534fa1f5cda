namespace Guest.Linux.AddressSpaces;

/// <summary>An entry of a maple tree.</summary>
/// <param name="First">The first index it stands for.</param>
/// <param name="Last">The last index it stands for.</param>
/// <param name="Value">What is stored there.</param>
internal readonly record struct MapleEntry(ulong First, ulong Last, ulong Value);
