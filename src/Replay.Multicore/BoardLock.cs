namespace Replay.Multicore;

/// <summary>The lock of whoever acts on the machine outside emitted code: cheap where nobody waits, and it knows whether somebody does.</summary>
/// <remarks>It is held for a microsecond or so: who waits spins for some of them before the host's scheduler is asked.</remarks>
internal sealed class BoardLock
{
    private const int Spins = 200;

    private readonly Lock _lock = new();
    private int _waiting;

    /// <summary>Times that somebody had to wait for it; written by whoever holds it.</summary>
    internal long Waits { get; private set; }

    /// <summary>Whether somebody waits for it.</summary>
    internal bool IsWanted => Volatile.Read(ref _waiting) > 0;

    /// <summary>Takes it.</summary>
    internal void Take()
    {
        if (!_lock.TryEnter())
        {
            _ = Interlocked.Increment(ref _waiting);
            if (!TrySpin())
            {
                _lock.Enter();
            }

            _ = Interlocked.Decrement(ref _waiting);
            Waits++;
        }
    }

    private bool TrySpin()
    {
        for (int i = 0; i < Spins; i++)
        {
            Thread.SpinWait(8);
            if (_lock.TryEnter())
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Gives it back.</summary>
    internal void Release() => _lock.Exit();
}
