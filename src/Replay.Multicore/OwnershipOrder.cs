using System.Collections.Immutable;

namespace Replay.Multicore;

/// <summary>The order that recorded changes of ownership imply, enforced: a vCPU waits before an instruction until others have come far enough.</summary>
/// <remarks>One thread for each vCPU, or one for all, that asks <see cref="CanRun"/>. It needs no object and no right: only who comes behind whom.</remarks>
public sealed class OwnershipOrder
{
    private readonly (ulong Retired, ImmutableArray<Passed> After)[][] _waits;
    private readonly int[] _next;
    private readonly ulong[] _retired;

    /// <summary>Creates the order of a recording from its beginning.</summary>
    /// <param name="vcpus">How many vCPUs there are.</param>
    /// <param name="changes">The changes, in the order in which the directory told them.</param>
    public OwnershipOrder(int vcpus, IReadOnlyList<OwnershipChange> changes)
    {
        _waits = [.. Enumerable.Range(0, vcpus).Select(vcpu => changes.Where(change => change.At.Vcpu == vcpu).Select(change => (change.At.Retired, change.After)).ToArray())];
        _next = new int[vcpus];
        _retired = new ulong[vcpus];
    }

    /// <summary>Whether a vCPU may execute its next instruction now.</summary>
    public bool CanRun(int vcpu)
    {
        (ulong Retired, ImmutableArray<Passed> After)[] waits = _waits[vcpu];
        ref int next = ref _next[vcpu];
        while (next < waits.Length && waits[next].Retired == Volatile.Read(ref _retired[vcpu]))
        {
            foreach (Passed other in waits[next].After)
            {
                if (Volatile.Read(ref _retired[other.Vcpu]) < other.Retired)
                {
                    return false;
                }
            }

            next++;
        }

        return true;
    }

    /// <summary>Waits until a vCPU may execute its next instruction.</summary>
    public void WaitToRun(int vcpu)
    {
        SpinWait spin = default;
        while (!CanRun(vcpu))
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    /// <summary>Says that a vCPU has retired an instruction, and everything that it stored.</summary>
    public void HasRetired(int vcpu) => Volatile.Write(ref _retired[vcpu], _retired[vcpu] + 1);
}
