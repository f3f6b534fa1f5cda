using System.Runtime.InteropServices;

namespace Guest.Machine.X86;

/// <summary>An entry of the second-level TLB, which outlives switches of the address space. Emitted code reads it by these offsets.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SecondLevelEntry
{
    /// <summary>log2 of the bytes of an entry.</summary>
    internal const int SizeShift = 5;

    /// <summary>A tag without a right: no page address has this bit.</summary>
    internal const ulong None = 1;

    /// <summary>The linear page that may be read, or <see cref="None"/>.</summary>
    internal ulong ReadTag;

    /// <summary>The linear page that may be written, the dirty bit being set, or <see cref="None"/>; the page's flags are asked besides.</summary>
    internal ulong WriteTag;

    /// <summary>Host address of the page.</summary>
    internal nint Host;

    /// <summary>Number of the address space (<see cref="AddressSpace.Id"/>) for which it holds; 0 for none.</summary>
    internal ulong Space;
}
