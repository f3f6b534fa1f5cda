namespace Guest.Machine.X86.Decode;

/// <summary>What an effective address needs beyond base + index * scale + displacement.</summary>
[Flags]
public enum AddressForm : byte
{
    /// <summary>Nothing: the sum is the linear address (64-bit mode).</summary>
    Flat = 0,

    /// <summary>64-bit mode with the base of FS or GS.</summary>
    Based = 1,

    /// <summary>The sum is cut to 32 bits first.</summary>
    Cut32 = 2,

    /// <summary>The sum is cut to 16 bits first.</summary>
    Cut16 = 4,

    /// <summary>Legacy or compatibility mode: segment base, limit and rights apply.</summary>
    Segmented = 8,
}
