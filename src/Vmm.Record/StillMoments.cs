using Guest.Machine.Board;
using Vmm.Record.BackEnds;

namespace Vmm.Record;

/// <summary>Brings about the moments in which a checkpoint can be begun: disks take no new requests until what they have done has reached the machine.</summary>
internal sealed class StillMoments(IReadOnlyList<IStillWork> works, LiveBackEnds backEnds)
{
    private ulong _lastApplied;
    private bool _isHolding;

    /// <summary>The machine has come back; nothing has been applied where it stands now.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="host">The host's time.</param>
    /// <param name="idle">Whether it waits: what is held back may be what it waits for.</param>
    internal void Look(VirtualMachine machine, ulong host, bool idle)
    {
        bool isWanted = false;
        foreach (IStillWork work in works)
        {
            isWanted |= work.IsWanted(machine, host);
        }

        bool canBe = machine.Position.Retired > _lastApplied && machine.Position.RepCount is null;
        if (isWanted && !_isHolding && (canBe || !idle))
        {
            backEnds.Hold();
            _isHolding = true;
        }

        if (isWanted && canBe && backEnds.IsStill)
        {
            DoAll(machine, host);
            isWanted = false;
        }

        if (_isHolding && (!isWanted || (idle && !canBe)))
        {
            backEnds.Let();
            _isHolding = false;
        }
    }

    /// <summary>What is due where the machine stands has been applied.</summary>
    internal void Applied(VirtualMachine machine) => _lastApplied = machine.Position.Retired;

    private void DoAll(VirtualMachine machine, ulong host)
    {
        foreach (IStillWork work in works)
        {
            if (work.IsWanted(machine, host))
            {
                work.Do(machine, host);
            }
        }
    }
}
