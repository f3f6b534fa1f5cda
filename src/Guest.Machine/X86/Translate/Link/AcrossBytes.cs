using System.Runtime.CompilerServices;

namespace Guest.Machine.X86.Translate.Link;

/// <summary>The last bytes of one page and the first of another, for the widest access twice.</summary>
[InlineArray(2 * 32)]
internal struct AcrossBytes
{
    private byte _first;
}
