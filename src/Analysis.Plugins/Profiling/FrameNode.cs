namespace Analysis.Plugins.Profiling;

/// <summary>A function on a call stack, with what ran in it and in what it called.</summary>
/// <param name="frame">The function; the thread's program right above the top node.</param>
internal sealed class FrameNode(Frame frame)
{
    private readonly SortedDictionary<Frame, FrameNode> _callees = [];

    /// <summary>The function.</summary>
    public Frame Frame { get; } = frame;

    /// <summary>Instructions of the function itself.</summary>
    public long Self { get; set; }

    /// <summary>Instructions of it and of what it called, once <see cref="Sum"/> was asked for.</summary>
    public long Total { get; private set; }

    /// <summary>What it called, by name.</summary>
    public IReadOnlyCollection<FrameNode> Callees => _callees.Values;

    /// <summary>The node of a function that this one called.</summary>
    public FrameNode Callee(Frame callee)
    {
        if (!_callees.TryGetValue(callee, out FrameNode? node))
        {
            _callees.Add(callee, node = new FrameNode(callee));
        }

        return node;
    }

    /// <summary>Adds up what was called.</summary>
    public long Sum() => Total = Self + _callees.Values.Sum(callee => callee.Sum());

    /// <summary>The same with the threads of one name only.</summary>
    public FrameNode Only(string thread)
    {
        FrameNode top = new(Frame);
        foreach ((Frame callee, FrameNode node) in _callees)
        {
            if (callee.Function == thread)
            {
                top._callees.Add(callee, node);
            }
        }

        return top;
    }
}
