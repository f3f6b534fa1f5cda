using Guest.Machine;

namespace Replay.Engine.Observe.Programs;

/// <summary>Code of the kernel or of one of its modules, as one piece of memory.</summary>
/// <param name="Name"><c>[kernel]</c>, or the module's name in brackets.</param>
/// <param name="Start">Its first address.</param>
/// <param name="End">The address behind its last.</param>
public readonly record struct KernelCode(string Name, GuestVirtual Start, GuestVirtual End)
{
    /// <summary>The kernel itself.</summary>
    public const string KernelName = "[kernel]";

    /// <summary>Whether an address lies in it.</summary>
    public bool Contains(GuestVirtual address) => address.Value - Start.Value < End.Value - Start.Value;
}
