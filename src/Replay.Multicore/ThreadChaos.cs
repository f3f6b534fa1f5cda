namespace Replay.Multicore;

/// <summary>Stops a vCPU's thread at pseudo-random moments for pseudo-random times, as a host's scheduler at its worst: a test's way to show that it does not matter.</summary>
internal sealed class ThreadChaos(ulong seed)
{
    private ulong _state = seed;

    /// <summary>Stops the calling thread, or does not.</summary>
    internal void Strike()
    {
        // xorshift64 (Marsaglia, 2003).
        _state ^= _state << 13;
        _state ^= _state >> 7;
        _state ^= _state << 17;
        if ((_state & 63) == 0)
        {
            Thread.Sleep((int)((_state >> 8) % 4));
        }
        else if ((_state & 7) == 0)
        {
            Thread.SpinWait((int)((_state >> 8) % 5000));
        }
    }
}
