namespace Vmm.Record;

/// <summary>Bytes typed on the console that the guest has not got yet. Filled by one thread, emptied by the recorder's.</summary>
public sealed class ConsoleQueue : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<byte> _bytes = [];
    private bool _closed;
    private volatile bool _stop;
    private (ushort Columns, ushort Rows)? _size;

    /// <summary>Rung whenever something changes here; other sources of inputs ring it too.</summary>
    public InputBell Bell { get; } = new();

    /// <summary>Whether the user asked the run to end.</summary>
    public bool StopRequested => _stop;

    /// <summary>Whether nothing more will be typed and nothing waits.</summary>
    public bool IsExhausted
    {
        get
        {
            lock (_lock)
            {
                return _closed && _bytes.Count == 0;
            }
        }
    }

    /// <summary>Adds typed bytes.</summary>
    public void Type(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            _bytes.AddRange(bytes);
        }

        Bell.Ring();
    }

    /// <summary>Says that the terminal has another size.</summary>
    public void Resize(ushort columns, ushort rows)
    {
        lock (_lock)
        {
            _size = (columns, rows);
        }

        Bell.Ring();
    }

    /// <summary>Says that nothing more will be typed.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
        }

        Bell.Ring();
    }

    /// <summary>Asks the run to end at the next position where inputs are looked at.</summary>
    public void Stop()
    {
        _stop = true;
        Bell.Ring();
    }

    /// <inheritdoc/>
    public void Dispose() => Bell.Dispose();

    /// <summary>The bytes that wait, oldest first.</summary>
    internal byte[] Peek()
    {
        lock (_lock)
        {
            return _bytes.Count == 0 ? [] : [.. _bytes];
        }
    }

    /// <summary>Whether the guest has not been told of the terminal's size.</summary>
    internal bool HasSize
    {
        get
        {
            lock (_lock)
            {
                return _size is not null;
            }
        }
    }

    /// <summary>The terminal's size where the guest has not been told; null otherwise. It counts as told.</summary>
    internal (ushort Columns, ushort Rows)? TakeSize()
    {
        lock (_lock)
        {
            (ushort Columns, ushort Rows)? size = _size;
            _size = null;
            return size;
        }
    }

    /// <summary>Removes the oldest bytes.</summary>
    internal void Take(int count)
    {
        lock (_lock)
        {
            _bytes.RemoveRange(0, count);
        }
    }
}
