using Iced.Intel;

namespace Guest.Machine.X86.Decode;

/// <summary>Sizes of the decoder's enumerations.</summary>
internal static class IcedConstants
{
    /// <summary>One more than the largest <see cref="Code"/>.</summary>
    internal static readonly int CodeEnumCount = (int)Enum.GetValues<Code>()[^1] + 1;
}
