using System.Runtime.CompilerServices;

namespace Guest.Machine.X86.Translate.Link;

/// <summary>A host address for each group of accesses that may be open at the same time.</summary>
[InlineArray(Analyse.AccessGroups.Slots)]
internal struct GroupPlaces
{
    private nint _first;
}
