using Guest.Machine.X86;

namespace Guest.Machine.Board;

/// <summary>Disturbs the engine at pseudo-random places in ways the guest must not see (<see cref="EngineOptions.ChaosSeed"/>).</summary>
internal sealed class EngineChaos
{
    private const ulong LongestInterval = 1 << 15;
    private ulong _state;

    /// <summary>Creates the sequence of a seed; 0 disturbs nothing.</summary>
    internal EngineChaos(ulong seed)
    {
        _state = seed;
        Next = seed == 0 ? ulong.MaxValue : Draw() % LongestInterval;
    }

    /// <summary>Count of retired instructions of the next disturbance.</summary>
    internal ulong Next { get; private set; }

    /// <summary>Disturbs the engine where it stands.</summary>
    internal void Strike(Vcpu cpu, IEngine engine)
    {
        ulong drawn = Draw();
        if ((drawn & 1) != 0)
        {
            cpu.FlushTranslations();
        }

        if ((drawn & 0x700) == 0)
        {
            engine.DropBlocks();
        }

        Next = cpu.RetiredInAll + 1 + ((drawn >> 16) % LongestInterval);
    }

    /// <summary>Goes on from a position that the machine was put at.</summary>
    internal void MoveTo(ulong retired) => Next = _state == 0 ? ulong.MaxValue : retired + 1 + (Draw() % LongestInterval);

    // xorshift64 (Marsaglia, 2003).
    private ulong Draw()
    {
        _state ^= _state << 13;
        _state ^= _state >> 7;
        _state ^= _state << 17;
        return _state;
    }
}
