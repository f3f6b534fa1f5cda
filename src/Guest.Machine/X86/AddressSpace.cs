namespace Guest.Machine.X86;

/// <summary>One half (user or kernel addresses) of an address space whose translations are remembered.</summary>
/// <remarks>It dies when translations of it must be dropped wholesale; what carries its number is then void, and the same root gets a new one.</remarks>
internal sealed class AddressSpace
{
    internal AddressSpace(uint id, uint fetchGeneration)
    {
        Id = id;
        FetchGeneration = fetchGeneration;
    }

    /// <summary>Its number, never used again; from 1.</summary>
    internal uint Id { get; }

    /// <summary>Goes to a number never used before when a translation that instructions were fetched through has changed.</summary>
    internal uint FetchGeneration { get; set; }

    /// <summary>Whether translations of it are still in use.</summary>
    internal bool IsAlive { get; set; } = true;
}
