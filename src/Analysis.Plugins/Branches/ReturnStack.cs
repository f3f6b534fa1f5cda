namespace Analysis.Plugins.Branches;

/// <summary>A return stack buffer: where the last calls would come back to. When it is full, the oldest is forgotten.</summary>
/// <param name="depth">Entries.</param>
public sealed class ReturnStack(int depth)
{
    private readonly ulong[] _entries = new ulong[depth];
    private int _top;
    private int _count;

    /// <summary>A call was made.</summary>
    public void Push(ulong back)
    {
        _top = (_top + 1) % depth;
        _entries[_top] = back;
        _count = Math.Min(_count + 1, depth);
    }

    /// <summary>Says whether it knew where a return leads.</summary>
    public bool Pop(ulong target)
    {
        if (_count == 0)
        {
            return false;
        }

        bool isRight = _entries[_top] == target;
        _top = (_top + depth - 1) % depth;
        _count--;
        return isRight;
    }
}
