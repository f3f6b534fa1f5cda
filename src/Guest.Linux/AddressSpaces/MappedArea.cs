using Guest.Linux.Files;
using Guest.Machine;

namespace Guest.Linux.AddressSpaces;

/// <summary>A piece of a process's address space, as one line of <c>/proc/PID/maps</c>.</summary>
/// <param name="Start">Its first address.</param>
/// <param name="End">The address behind its last.</param>
/// <param name="Rights">What the process may do with it.</param>
/// <param name="FileOffset">Where in the file it begins, in bytes; 0 for anonymous memory.</param>
/// <param name="File">The file that is mapped; null for anonymous memory.</param>
/// <param name="Name">The file's path, or a name such as <c>[heap]</c>; empty for anonymous memory without one.</param>
public sealed record MappedArea(GuestVirtual Start, GuestVirtual End, AreaRights Rights, ulong FileOffset, GuestFile? File, string Name)
{
    /// <summary>Whether an address lies in it.</summary>
    public bool Contains(GuestVirtual address) => address.Value >= Start.Value && address.Value < End.Value;

    /// <summary>The rights as <c>/proc/PID/maps</c> writes them.</summary>
    public string RightsText => string.Concat(
        Rights.HasFlag(AreaRights.Read) ? "r" : "-", Rights.HasFlag(AreaRights.Write) ? "w" : "-", Rights.HasFlag(AreaRights.Execute) ? "x" : "-",
        Rights.HasFlag(AreaRights.Shared) ? "s" : "p");
}
