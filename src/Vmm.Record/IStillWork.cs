using Guest.Machine.Board;

namespace Vmm.Record;

/// <summary>Something to be done while the machine stands between two instructions, nothing was applied there, and no disk has done what the machine has not been told.</summary>
internal interface IStillWork
{
    /// <summary>Whether there is something to do. Called about a thousand times a second on the machine's thread.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="host">The host's time.</param>
    bool IsWanted(VirtualMachine machine, ulong host);

    /// <summary>Does it.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="host">The host's time.</param>
    void Do(VirtualMachine machine, ulong host);
}
