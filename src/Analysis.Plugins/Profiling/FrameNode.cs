namespace Analysis.Plugins.Profiling;

/// <summary>A function on a call stack, with what ran in it and in what it called.</summary>
/// <param name="frame">The function; the thread's program right above the top node.</param>
internal sealed class FrameNode(Frame frame)
{
    // Beyond so many they are looked up in a table.
    private const int Few = 8;
    private readonly List<FrameNode> _callees = [];
    private Dictionary<Frame, FrameNode>? _byFrame;
    private bool _isSorted;

    /// <summary>The function.</summary>
    public Frame Frame { get; } = frame;

    /// <summary>Instructions of the function itself.</summary>
    public long Self { get; set; }

    /// <summary>Instructions of it and of what it called, once <see cref="Sum"/> was asked for.</summary>
    public long Total { get; private set; }

    /// <summary>What it called, by name.</summary>
    public IReadOnlyList<FrameNode> Callees
    {
        get
        {
            if (!_isSorted)
            {
                _callees.Sort((left, right) => left.Frame.CompareTo(right.Frame));
                _isSorted = true;
            }

            return _callees;
        }
    }

    /// <summary>The node of a function that this one called.</summary>
    /// <param name="callee">The function; the same object each time.</param>
    public FrameNode Callee(Frame callee)
    {
        FrameNode? node = Find(callee);
        if (node is null)
        {
            _callees.Add(node = new FrameNode(callee));
            _isSorted = false;
            _byFrame?.Add(callee, node);
        }

        return node;
    }

    /// <summary>Adds up what was called.</summary>
    public long Sum()
    {
        Total = Self;
        foreach (FrameNode callee in _callees)
        {
            Total += callee.Sum();
        }

        return Total;
    }

    /// <summary>The same with the threads of one name only.</summary>
    public FrameNode Only(string thread)
    {
        FrameNode top = new(Frame);
        top._callees.AddRange(_callees.Where(node => node.Frame.Function == thread));
        return top;
    }

    private FrameNode? Find(Frame callee)
    {
        if (_callees.Count > Few)
        {
            _byFrame ??= _callees.ToDictionary(node => node.Frame);
            return _byFrame.GetValueOrDefault(callee);
        }

        foreach (FrameNode node in _callees)
        {
            if (ReferenceEquals(node.Frame, callee))
            {
                return node;
            }
        }

        return null;
    }
}
