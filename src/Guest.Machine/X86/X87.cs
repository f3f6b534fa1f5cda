namespace Guest.Machine.X86;

/// <summary>Bits of the x87 control and status words (Intel SDM 1 8.1), and where the first quadword of the image holds them.</summary>
internal static class X87
{
    /// <summary>Invalid operation.</summary>
    internal const ushort InvalidOperation = 1;

    /// <summary>Denormal operand.</summary>
    internal const ushort Denormal = 1 << 1;

    /// <summary>Divide by zero.</summary>
    internal const ushort ZeroDivide = 1 << 2;

    /// <summary>Overflow.</summary>
    internal const ushort Overflow = 1 << 3;

    /// <summary>Underflow.</summary>
    internal const ushort Underflow = 1 << 4;

    /// <summary>Inexact result.</summary>
    internal const ushort Precision = 1 << 5;

    /// <summary>The six exceptions.</summary>
    internal const ushort Exceptions = 0x3F;

    /// <summary>Status: stack fault.</summary>
    internal const ushort StackFault = 1 << 6;

    /// <summary>Status: an unmasked exception is pending.</summary>
    internal const ushort ErrorSummary = 1 << 7;

    /// <summary>Status: condition codes.</summary>
    internal const ushort C0 = 1 << 8, C1 = 1 << 9, C2 = 1 << 10, C3 = 1 << 14;

    /// <summary>Status: the same as the error summary.</summary>
    internal const ushort Busy = 1 << 15;

    /// <summary>Control word after FNINIT.</summary>
    internal const ushort InitialControl = 0x37F;

    /// <summary>TOP in the image's first quadword, and its lowest bit.</summary>
    internal const ulong FxTop = 7UL << FxTopShift;

    /// <summary>Position of TOP's lowest bit in the image's first quadword.</summary>
    internal const int FxTopShift = 27;

    /// <summary>The abridged tags in the image's first quadword: a set bit means that physical register is in use.</summary>
    internal const ulong FxTags = 0xFFUL << FxTagsShift;

    /// <summary>Position of the tags.</summary>
    internal const int FxTagsShift = 32;
}
