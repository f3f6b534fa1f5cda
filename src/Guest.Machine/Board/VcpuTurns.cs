using Guest.Machine.Devices;
using Guest.Machine.State;

namespace Guest.Machine.Board;

/// <summary>Whose turn it is among several vCPUs, until when, and which of them wait for Start-Up. Part of the machine's state.</summary>
/// <remarks>
/// Who runs next and for how long follows from the machine's state alone, so no turn is logged. Lengths that vary come from a seeded sequence whose
/// state is saved here.
/// </remarks>
public sealed class VcpuTurns : IDevice
{
    private const int LongestShift = 12;
    private readonly TurnsDescription _description;
    private readonly int _count;
    private ulong _waiting;
    private ulong _random;

    /// <summary>The state when the machine is switched on: vCPU 0 runs, the others wait for Start-Up.</summary>
    internal VcpuTurns(int count, TurnsDescription description)
    {
        _count = count;
        _description = description;
        _random = description.Seed;
        _waiting = (ulong.MaxValue >> (64 - count)) & ~1UL;
        End = Length();
    }

    /// <inheritdoc/>
    public string Name => "turns";

    /// <summary>The number of the vCPU in turn.</summary>
    public int Current { get; private set; }

    /// <summary>The count of all vCPUs' retired instructions at which its turn ends.</summary>
    public ulong End { get; private set; }

    /// <summary>Whether a vCPU waits for Start-Up: it runs nothing and takes no interrupts.</summary>
    public bool WaitsForStartUp(int vcpu) => (_waiting & (1UL << vcpu)) != 0;

    /// <inheritdoc/>
    public void Save(StateWriter writer)
    {
        writer.WriteInt32(Current);
        writer.WriteUInt64(End);
        writer.WriteUInt64(_waiting);
        writer.WriteUInt64(_random);
    }

    /// <inheritdoc/>
    public void Restore(StateReader reader)
    {
        Current = reader.ReadIndex(_count);
        End = reader.ReadUInt64();
        _waiting = reader.ReadUInt64() & (ulong.MaxValue >> (64 - _count));
        _random = reader.ReadUInt64();
    }

    internal void Begin(int vcpu, ulong at)
    {
        Current = vcpu;
        ulong length = Length();
        End = length > ulong.MaxValue - at ? ulong.MaxValue : at + length;
    }

    internal void EndAt(ulong at) => End = at;

    internal void SetWaiting(int vcpu, bool waits) => _waiting = waits ? _waiting | (1UL << vcpu) : _waiting & ~(1UL << vcpu);

    // Short turns come as often as long ones: up to a limit that is itself drawn, by powers of two. xorshift64 (Marsaglia, 2003).
    private ulong Length()
    {
        if (_description.Seed == 0)
        {
            return _description.Quantum;
        }

        _random ^= _random << 13;
        _random ^= _random >> 7;
        _random ^= _random << 17;
        ulong limit = Math.Max(1, _description.Quantum >> (int)(_random % (LongestShift + 1)));
        return 1 + ((_random >> 16) % limit);
    }
}
