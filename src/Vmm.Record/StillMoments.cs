using Guest.Machine.Board;
using Vmm.Record.BackEnds;

namespace Vmm.Record;

/// <summary>Brings about the moments in which a checkpoint can be begun: disks take no new requests until what they have done has reached the machine.</summary>
internal sealed class StillMoments(IReadOnlyList<IStillWork> works, LiveBackEnds backEnds)
{
    private ulong _lastApplied;
    private bool _isHolding;

    /// <summary>The machine has come back; nothing has been applied where it stands now.</summary>
    internal void Look(VirtualMachine machine, ulong host)
    {
        bool isWanted = false;
        foreach (IStillWork work in works)
        {
            isWanted |= work.IsWanted(machine, host);
        }

        if (isWanted && !_isHolding)
        {
            backEnds.Hold();
            _isHolding = true;
        }

        if (isWanted && machine.Position.Retired > _lastApplied && machine.Position.RepCount is null && backEnds.IsStill)
        {
            DoAll(machine, host);
            isWanted = false;
        }

        if (_isHolding && !isWanted)
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
