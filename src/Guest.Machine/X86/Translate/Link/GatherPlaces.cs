using System.Runtime.CompilerServices;

namespace Guest.Machine.X86.Translate.Link;

/// <summary>Three vector registers in memory.</summary>
[InlineArray(3 * 32)]
internal struct GatherPlaces
{
    private byte _first;
}
