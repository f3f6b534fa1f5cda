namespace Replay.Multicore;

/// <summary>The lock of whoever acts on the machine outside emitted code: cheap where nobody waits, and it knows whether somebody does.</summary>
internal sealed class BoardLock
{
    private readonly Lock _lock = new();
    private int _waiting;

    /// <summary>Whether somebody waits for it.</summary>
    internal bool IsWanted => Volatile.Read(ref _waiting) > 0;

    /// <summary>Takes it.</summary>
    internal void Take()
    {
        if (!_lock.TryEnter())
        {
            _ = Interlocked.Increment(ref _waiting);
            _lock.Enter();
            _ = Interlocked.Decrement(ref _waiting);
        }
    }

    /// <summary>Gives it back.</summary>
    internal void Release() => _lock.Exit();
}
