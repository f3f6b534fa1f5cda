namespace Analysis.Plugins.Branches;

/// <summary>An entry of a tagged table of <see cref="Tage"/>.</summary>
internal struct TageEntry
{
    /// <summary>Part of the address and history that it is for.</summary>
    internal ushort Tag;

    /// <summary>-4 to 3: taken from 0 on.</summary>
    internal sbyte Counter;

    /// <summary>0 to 3: how often it was right where the others were not.</summary>
    internal byte Useful;
}
