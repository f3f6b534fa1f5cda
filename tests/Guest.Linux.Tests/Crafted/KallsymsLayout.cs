namespace Guest.Linux.Tests.Crafted;

/// <summary>The orders in which kernels of different versions lay their symbol table out.</summary>
public enum KallsymsLayout
{
    /// <summary>Up to 6.1: addresses in front of the names.</summary>
    AddressesFirst,

    /// <summary>6.2 and 6.3: as before, and the order of names behind the markers.</summary>
    AddressesFirstWithOrder,

    /// <summary>From 6.4 on: addresses and order of names at the end.</summary>
    AddressesLast,
}
