namespace Guest.Machine.X86;

/// <summary>What one vCPU knows of a RAM page that its walks have read as a page table.</summary>
internal struct WalkedPage
{
    /// <summary>Level of a table that serves several address spaces or places: any change drops every translation.</summary>
    internal const byte Mixed = byte.MaxValue;

    /// <summary>Level of a root, whose lower half belongs to the user half of its address space and whose upper half to the kernel half.</summary>
    internal const byte Root = Mixed - 1;

    /// <summary>The address space whose translations are derived from it; null or dead: none are.</summary>
    internal AddressSpace? Space;

    /// <summary>Linear address that its first entry maps.</summary>
    internal ulong Base;

    /// <summary>Level in the hierarchy, 1 for the one that maps 4 KiB pages, or <see cref="Mixed"/>.</summary>
    internal byte Level;

    /// <summary>One bit for each of its 512 entries through which instructions were fetched; null for none.</summary>
    internal ulong[]? Fetched;

    /// <summary>Whether it says at least what another one does, and is in use.</summary>
    /// <param name="now">The other one.</param>
    /// <param name="every">The space that stands for all of them.</param>
    internal readonly bool Covers(in WalkedPage now, AddressSpace every) =>
        Space is { IsAlive: true } && (Space == every || (Space == now.Space && Base == now.Base && Level == now.Level));
}
