using System.Collections.Concurrent;

namespace Guest.Machine.Memory;

/// <summary>The content that some pages of RAM had at one position, read by another thread while the machine runs on.</summary>
/// <remarks>
/// Copy on write: a page that the machine is about to write and that has not been read yet is copied first. Costs memory for just these.
/// One thread reads; the machine's thread writes. Whichever comes first to a page holds it for the time of one copy.
/// </remarks>
public sealed class MemorySnapshot : IDisposable
{
    private const byte Free = 0;
    private const byte Waiting = 1;
    private const byte Held = 2;

    private readonly GuestMemory _memory;
    private readonly byte[] _states;
    private readonly ConcurrentDictionary<int, byte[]> _copies = [];
    private volatile bool _done;

    internal MemorySnapshot(GuestMemory memory, IReadOnlyList<int> pages)
    {
        _memory = memory;
        _states = new byte[memory.PageCount];
        foreach (int page in pages)
        {
            _states[page] = Waiting;
        }
    }

    /// <summary>Whether nothing is kept any longer.</summary>
    public bool IsDone => _done;

    /// <summary>Pages copied because the machine wrote them before they were read.</summary>
    public int Copied { get; private set; }

    /// <summary>Reads one page, once: afterwards it is kept no longer.</summary>
    public void Read(int page, Span<byte> content)
    {
        if (Hold(page))
        {
            _memory.Bytes(page).CopyTo(content);
            Volatile.Write(ref _states[page], Free);
        }
        else if (_copies.TryRemove(page, out byte[]? copy))
        {
            copy.CopyTo(content);
        }
        else
        {
            throw new InvalidOperationException($"page {page} is not kept");
        }
    }

    /// <summary>Keeps nothing any longer.</summary>
    public void Dispose()
    {
        _done = true;
        _copies.Clear();
    }

    /// <summary>Called by the machine before it writes a page.</summary>
    internal void BeforeWrite(int page)
    {
        if (!_done && Hold(page))
        {
            _copies[page] = _memory.Bytes(page).ToArray();
            Copied++;
            Volatile.Write(ref _states[page], Free);
        }
    }

    // True: the page still has its old content and nobody else touches it until its state is Free.
    private bool Hold(int page)
    {
        SpinWait spin = default;
        while (true)
        {
            byte state = Interlocked.CompareExchange(ref _states[page], Held, Waiting);
            if (state != Held)
            {
                return state == Waiting;
            }

            spin.SpinOnce();
        }
    }
}
