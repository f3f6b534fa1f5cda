namespace Guest.Machine.X86;

/// <summary>A segment register with its hidden part.</summary>
/// <remarks>Source: Intel SDM 3A 3.4.3. <see cref="Attributes"/> holds bits 40 to 55 of the descriptor without the limit's upper nibble.</remarks>
public struct Segment
{
    /// <summary>Linear base address.</summary>
    public ulong Base;

    /// <summary>Limit in bytes, granularity already applied.</summary>
    public uint Limit;

    /// <summary>The visible selector.</summary>
    public ushort Selector;

    /// <summary>Type (0-3), S (4), DPL (5-6), P (7), AVL (12), L (13), D/B (14), G (15). Zero is an unusable (null) segment.</summary>
    public ushort Attributes;

    /// <summary>Whether the register was loaded with a usable descriptor.</summary>
    public readonly bool Present => (Attributes & 0x80) != 0;

    /// <summary>Descriptor privilege level.</summary>
    public readonly int Dpl => (Attributes >> 5) & 3;

    /// <summary>Descriptor type (four bits).</summary>
    public readonly int Type => Attributes & 15;

    /// <summary>L: 64-bit code.</summary>
    public readonly bool Long => (Attributes & 0x2000) != 0;

    /// <summary>D/B: 32-bit default size.</summary>
    public readonly bool Big => (Attributes & 0x4000) != 0;
}
