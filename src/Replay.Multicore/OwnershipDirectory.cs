using System.Collections.Immutable;
using System.Numerics;

namespace Replay.Multicore;

/// <summary>Who may read and write which memory object: any number of readers, or one writer (docs/multicore.md).</summary>
/// <remarks>
/// Each vCPU's thread has a <see cref="VcpuRights"/>. Everything here happens under one lock, in the order in which the changes are told. Whoever asked first
/// is served first; who waits, or is parked, gives up at once what is asked of him.
/// </remarks>
public sealed class OwnershipDirectory
{
    /// <summary>The most vCPUs.</summary>
    public const int MaxVcpus = 64;

    private readonly object _gate = new();
    private readonly ObjectState[] _objects;
    private readonly VcpuRights[] _vcpus;
    private readonly List<VcpuRights> _waiting = [];
    private readonly Action<OwnershipChange> _changed;
    private readonly List<Passed> _after = [];

    // [vcpu, other] how far the other is known to have come before what the vCPU does next: no change has to say it again.
    private readonly ulong[,] _known;

    /// <summary>Creates a directory in which nobody has any right.</summary>
    /// <param name="objects">How many objects there are.</param>
    /// <param name="vcpus">How many vCPUs, up to <see cref="MaxVcpus"/>.</param>
    /// <param name="leastHold">Instructions that a vCPU executes at least between gaining a right and giving one up, where it does not wait itself.</param>
    /// <param name="changed">Told of each change that orders something, in an order in which a replay may take them; under the lock.</param>
    public OwnershipDirectory(int objects, int vcpus, ulong leastHold, Action<OwnershipChange> changed)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(vcpus, MaxVcpus);
        _objects = [.. Enumerable.Range(0, objects).Select(_ => new ObjectState())];
        _vcpus = [.. Enumerable.Range(0, vcpus).Select(vcpu => new VcpuRights(this, vcpu, leastHold))];
        _known = new ulong[vcpus, vcpus];
        _changed = changed;
    }

    /// <summary>The vCPUs' ends, by number.</summary>
    public IReadOnlyList<VcpuRights> Vcpus => _vcpus;

    internal void Acquire(VcpuRights asker, ReadOnlySpan<Need> needs)
    {
        lock (_gate)
        {
            asker.SetNeeds(needs);
            _waiting.Add(asker);
            Serve();
            while (asker.IsStanding)
            {
                _ = Monitor.Wait(_gate);
            }
        }
    }

    // What running vCPUs are asked for; whoever has been served in between has not to give it up.
    internal void Answer(VcpuRights vcpu)
    {
        lock (_gate)
        {
            vcpu.IsAsked = false;
            foreach (VcpuRights asker in _waiting)
            {
                GiveUpTo(asker, vcpu);
            }

            Serve();
        }
    }

    internal void Park(VcpuRights vcpu)
    {
        lock (_gate)
        {
            vcpu.IsStanding = true;
            Answer(vcpu);
        }
    }

    internal void Resume(VcpuRights vcpu)
    {
        lock (_gate)
        {
            vcpu.IsStanding = false;
        }
    }

    internal Right RightOf(int vcpu, int number)
    {
        lock (_gate)
        {
            return _objects[number].RightOf(vcpu);
        }
    }

    // In the order in which they asked. One that has to wait still keeps those behind it from what it asked for.
    private void Serve()
    {
        for (int i = 0; i < _waiting.Count;)
        {
            VcpuRights asker = _waiting[i];
            if (IsBehindOthers(asker, i) || !TryClear(asker))
            {
                i++;
                continue;
            }

            // Others may have waited behind it.
            _waiting.RemoveAt(i);
            Grant(asker);
            i = 0;
        }
    }

    private bool IsBehindOthers(VcpuRights asker, int place)
    {
        for (int i = 0; i < place; i++)
        {
            foreach (Need need in asker.Needs)
            {
                foreach (Need earlier in _waiting[i].Needs)
                {
                    if (need.Number == earlier.Number && (need.Right == Right.Write || earlier.Right == Right.Write))
                    {
                        return true;
                    }
                }
            }
        }

        return false;
    }

    // Takes what an asker needs from those who stand, and asks those who run. Whether nobody is in its way then.
    private bool TryClear(VcpuRights asker)
    {
        bool isFree = true;
        foreach (Need need in asker.Needs)
        {
            for (ulong holders = _objects[need.Number].InTheWayOf(asker.Vcpu, need.Right); holders != 0; holders &= holders - 1)
            {
                VcpuRights holder = _vcpus[BitOperations.TrailingZeroCount(holders)];
                if (holder.IsStanding)
                {
                    GiveUp(holder, need);
                }
                else
                {
                    holder.IsAsked = true;
                    isFree = false;
                }
            }
        }

        return isFree;
    }

    private void GiveUpTo(VcpuRights asker, VcpuRights holder)
    {
        foreach (Need need in asker.Needs)
        {
            if ((_objects[need.Number].InTheWayOf(asker.Vcpu, need.Right) & (1UL << holder.Vcpu)) != 0)
            {
                GiveUp(holder, need);
            }
        }
    }

    private void GiveUp(VcpuRights holder, Need need) =>
        holder.Lose(need.Number, _objects[need.Number].GiveUp(new Passed(holder.Vcpu, holder.Retired), need.Right));

    private void Grant(VcpuRights asker)
    {
        foreach (Need need in asker.Needs)
        {
            ObjectState state = _objects[need.Number];
            if (state.RightOf(asker.Vcpu) < need.Right)
            {
                _after.Clear();
                state.Gain(asker.Vcpu, need.Right, _after);
                Tell(asker, need);
            }
        }

        asker.Serve();
        Monitor.PulseAll(_gate);
    }

    private void Tell(VcpuRights asker, Need need)
    {
        int kept = 0;
        for (int i = 0; i < _after.Count; i++)
        {
            Passed other = _after[i];
            ref ulong known = ref _known[asker.Vcpu, other.Vcpu];
            if (known < other.Retired)
            {
                known = other.Retired;
                _after[kept++] = other;
            }
        }

        if (kept > 0)
        {
            _changed(new OwnershipChange(new Passed(asker.Vcpu, asker.Retired), need, [.. _after.Take(kept)]));
        }
    }
}
