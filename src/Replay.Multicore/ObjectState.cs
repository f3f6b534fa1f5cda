namespace Replay.Multicore;

/// <summary>Who has which right to one object, and whose accesses the next gain must come behind.</summary>
internal sealed class ObjectState
{
    private readonly List<Passed> _readersGone = [];
    private ulong _readers;
    private Passed? _lastWriter;

    /// <summary>Who may write it; -1 for nobody. Such a vCPU is the only one with any right.</summary>
    internal int Owner { get; private set; } = -1;

    /// <summary>What a vCPU may do with it.</summary>
    internal Right RightOf(int vcpu) => Owner == vcpu ? Right.Write : (_readers & (1UL << vcpu)) != 0 ? Right.Read : Right.None;

    /// <summary>Those who must give something up before a vCPU can have a right, one bit each.</summary>
    internal ulong InTheWayOf(int vcpu, Right right)
    {
        ulong others = (Owner >= 0 ? 1UL << Owner : _readers) & ~(1UL << vcpu);
        return right == Right.Write || Owner >= 0 ? others : 0;
    }

    /// <summary>A vCPU gives up what stands in the way of another's right.</summary>
    /// <param name="at">Where it has come to.</param>
    /// <param name="wanted">The other's right: where that is to read, an owner goes on reading.</param>
    /// <returns>What it keeps.</returns>
    internal Right GiveUp(Passed at, Right wanted)
    {
        ulong bit = 1UL << at.Vcpu;
        if (Owner == at.Vcpu)
        {
            _lastWriter = at;
            Owner = -1;
            _readers = wanted == Right.Read ? bit : 0;
            return wanted == Right.Read ? Right.Read : Right.None;
        }

        if ((_readers & bit) != 0)
        {
            _readers &= ~bit;
            _readersGone.Add(at);
        }

        return Right.None;
    }

    /// <summary>Gives a vCPU a right in whose way nobody stands.</summary>
    /// <param name="vcpu">The vCPU.</param>
    /// <param name="right">The right.</param>
    /// <param name="after">Gets whom it comes behind: a reader the last writer, a writer also those who have read since.</param>
    internal void Gain(int vcpu, Right right, List<Passed> after)
    {
        if (_lastWriter is { } writer && writer.Vcpu != vcpu)
        {
            after.Add(writer);
        }

        if (right == Right.Read)
        {
            _readers |= 1UL << vcpu;
            return;
        }

        foreach (Passed reader in _readersGone)
        {
            if (reader.Vcpu != vcpu)
            {
                after.Add(reader);
            }
        }

        _readersGone.Clear();
        _readers = 0;
        Owner = vcpu;
    }
}
