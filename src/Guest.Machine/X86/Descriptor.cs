namespace Guest.Machine.X86;

/// <summary>A segment or gate descriptor as it stands in memory (Intel SDM 3A 3.4.5, 5.8.3).</summary>
/// <param name="Low">The first eight bytes.</param>
/// <param name="High">The second eight of a 16-byte descriptor (long mode), else 0.</param>
internal readonly record struct Descriptor(ulong Low, ulong High = 0)
{
    internal int Type => (int)(Low >> 40) & 15;

    /// <summary>S: code or data, not a system descriptor.</summary>
    internal bool CodeOrData => (Low & (1UL << 44)) != 0;

    internal bool Code => CodeOrData && (Type & 8) != 0;

    internal bool Conforming => Code && (Type & 4) != 0;

    internal bool Readable => !Code || (Type & 2) != 0;

    internal bool WritableData => CodeOrData && (Type & 10) == 2;

    internal int Dpl => (int)(Low >> 45) & 3;

    internal bool Present => (Low & (1UL << 47)) != 0;

    internal bool Long => (Low & (1UL << 53)) != 0;

    internal bool Big => (Low & (1UL << 54)) != 0;

    internal uint Limit
    {
        get
        {
            uint raw = (uint)(Low & 0xFFFF) | ((uint)(Low >> 32) & 0xF_0000);
            return (Low & (1UL << 55)) != 0 ? (raw << 12) | 0xFFF : raw;
        }
    }

    /// <summary>Base; of a 16-byte system descriptor with its upper half.</summary>
    internal ulong Base => ((Low >> 16) & 0xFF_FFFF) | ((Low >> 32) & 0xFF00_0000) | (High << 32);

    /// <summary>A gate's target selector.</summary>
    internal ushort GateSelector => (ushort)(Low >> 16);

    /// <summary>A gate's target offset; 16-bit gates use its low half.</summary>
    internal ulong GateOffset => (Low & 0xFFFF) | ((Low >> 32) & 0xFFFF_0000) | (High << 32);

    /// <summary>A gate's interrupt stack table index.</summary>
    internal int GateIst => (int)(Low >> 32) & 7;

    /// <summary>A call gate's parameter count.</summary>
    internal int GateParameters => (int)(Low >> 32) & 31;

    /// <summary>The hidden part of a segment register loaded from it.</summary>
    internal Segment ToSegment(ushort selector) => new()
    {
        Selector = selector,
        Base = Base,
        Limit = Limit,
        Attributes = (ushort)((Low >> 40) & 0xF0FF),
    };
}
