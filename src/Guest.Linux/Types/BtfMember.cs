namespace Guest.Linux.Types;

/// <summary>A member of a structure or union as BTF lists it.</summary>
/// <param name="Name">Its name; empty for an anonymous structure or union.</param>
/// <param name="TypeId">Its type.</param>
/// <param name="BitOffset">Where it begins, in bits from the beginning of the structure.</param>
/// <param name="BitSize">Bits of a bitfield; 0 for an ordinary member.</param>
public readonly record struct BtfMember(string Name, int TypeId, int BitOffset, int BitSize);
