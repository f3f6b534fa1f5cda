using Guest.Machine.Board;

namespace Vmm.Record;

/// <summary>Decides where the recorder notes a state hash.</summary>
/// <remarks>
/// What varies: under <see cref="ClockMode.Host"/> the positions, with host time and the hash's cost (docs/determinism.md, the state hash). Under
/// <see cref="ClockMode.Virtual"/>, and where a number of instructions is asked for, they are a function of positions alone: two such logs are equal.
/// </remarks>
internal sealed class HashSchedule
{
    // Host clock: no sooner than this after the last one, and no more than this share of the time. The first one is of all that a boot wrote: some 20 ms.
    private const ulong ShortestNanoseconds = 1_000_000_000;
    private const ulong CostShare = 200;
    private const ulong FirstCost = 20_000_000;

    // Virtual clock: a quarter of what has run so far, but this at least and at most.
    private const ulong ShortestInstructions = 100_000_000;
    private const ulong LongestInstructions = 2_000_000_000;

    private readonly ulong? _every;
    private readonly bool _followsHost;
    private ulong _notBefore = CostShare * FirstCost;
    private ulong _last;

    /// <summary>Creates the schedule of a run that begins.</summary>
    /// <param name="every">Instructions between two hashes, or null to choose.</param>
    /// <param name="clock">What the guest's time follows.</param>
    internal HashSchedule(ulong? every, ClockMode clock)
    {
        _every = every;
        _followsHost = every is null && clock == ClockMode.Host;
        NextStop = After(0);
    }

    /// <summary>Where the machine has to stop for the next hash, in retired instructions; the largest number where any stop will do.</summary>
    internal ulong NextStop { get; private set; }

    /// <summary>Whether a hash is due.</summary>
    /// <param name="retired">Where the machine is.</param>
    /// <param name="host">Nanoseconds of host time since the run began.</param>
    internal bool IsDue(ulong retired, ulong host) => _followsHost ? host >= _notBefore && retired > _last : retired >= NextStop;

    /// <summary>A hash was noted.</summary>
    /// <param name="retired">Where.</param>
    /// <param name="host">When, in nanoseconds of host time since the run began.</param>
    /// <param name="cost">Nanoseconds of processor time it took.</param>
    internal void Noted(ulong retired, ulong host, ulong cost)
    {
        _last = retired;
        _notBefore = host + Math.Max(ShortestNanoseconds, CostShare * cost);
        NextStop = After(retired);
    }

    private ulong After(ulong retired) => _followsHost
        ? ulong.MaxValue
        : retired + (_every ?? Math.Clamp(retired / 4, ShortestInstructions, LongestInstructions));
}
