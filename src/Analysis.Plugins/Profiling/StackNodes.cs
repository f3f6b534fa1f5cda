using Replay.Engine.Observe;

namespace Analysis.Plugins.Profiling;

/// <summary>All stacks that were seen, each once, and what calls and returns do to them.</summary>
/// <remarks>
/// A return that would need what is below the known part becomes a node of its own (<see cref="StackNode.IsUnknown"/>). When that part is known, because the segment
/// before has been joined, the same return is made on it. So the result does not depend on where a recording is cut.
/// </remarks>
internal sealed class StackNodes
{
    // How far down a return is looked for that does not lead to the caller (longjmp, exceptions of C++).
    private const int MostUnwound = 64;
    private readonly List<StackNode> _nodes = [];
    private readonly Dictionary<StackNode, int> _numbers = [];
    private readonly List<int> _bottoms = [];

    /// <summary>The stacks, by number; what is below one has a lower number.</summary>
    public IReadOnlyList<StackNode> All => _nodes;

    /// <summary>The number of a stack.</summary>
    public int Of(in StackNode node)
    {
        if (!_numbers.TryGetValue(node, out int number))
        {
            _numbers.Add(node, number = _nodes.Count);
            _bottoms.Add(node.Parent < 0 ? number : _bottoms[node.Parent]);
            _nodes.Add(node);
        }

        return number;
    }

    /// <summary>The stack with something on top.</summary>
    public int Push(int stack, StackKind kind, ulong address) => Of(new StackNode(kind, stack, address, default));

    /// <summary>The stack after a return to an address.</summary>
    public int Return(int stack, ulong target)
    {
        int at = stack;
        if (_nodes[stack] is { Kind: StackKind.Thunk, Parent: var below })
        {
            return _nodes[below] is { Kind: StackKind.Call } caller && caller.Address == target ? caller.Parent : below;
        }

        for (int depth = 0; depth < MostUnwound; depth++)
        {
            StackNode node = _nodes[at];
            if (node.IsUnknown)
            {
                return Push(stack, StackKind.UnknownReturn, target);
            }

            if (node.Kind is StackKind.Root or StackKind.FromUser or StackKind.FromKernel)
            {
                break;
            }

            if (node.Kind == StackKind.Call && node.Address == target)
            {
                return node.Parent;
            }

            at = node.Parent;
        }

        // A jump that looks like a return.
        return stack;
    }

    /// <summary>The stack after the kernel has gone to user code.</summary>
    /// <param name="stack">The stack.</param>
    /// <param name="target">Where user code goes on.</param>
    /// <param name="before">Whose code the thread's was before; null where that is not known.</param>
    /// <param name="now">Whose code it is now.</param>
    public int ToUser(int stack, ulong target, CodeOwner? before, CodeOwner now)
    {
        int at = stack;
        while (_nodes[at].Kind is StackKind.Call or StackKind.Thunk or StackKind.FromKernel)
        {
            at = _nodes[at].Parent;
        }

        StackNode entry = _nodes[at];
        if (entry.IsUnknown || before is null)
        {
            return Of(new StackNode(StackKind.UnknownToUser, stack, target, now));
        }

        if (before != now)
        {
            return Of(new StackNode(StackKind.Root, -1, 0, now));
        }

        const ulong SystemCallBytes = 2;
        return entry.Kind != StackKind.FromUser ? at
            : target == entry.Address || target == entry.Address - SystemCallBytes ? entry.Parent
            : Handled(stack, entry, target, now);
    }

    /// <summary>The stack after the kernel has returned from an interrupt or exception in it.</summary>
    public int ToKernel(int stack)
    {
        int at = stack;
        while (_nodes[at].Kind is StackKind.Call or StackKind.Thunk)
        {
            at = _nodes[at].Parent;
        }

        return _nodes[at].IsUnknown ? Push(stack, StackKind.UnknownToKernel, 0) : _nodes[at].Kind == StackKind.FromKernel ? _nodes[at].Parent : stack;
    }

    /// <summary>The stack with which a process that is forked here begins: what user code had when it entered the kernel.</summary>
    public int Forked(int stack)
    {
        int at = stack;
        while (_nodes[at].Kind is StackKind.Call or StackKind.Thunk or StackKind.FromKernel)
        {
            at = _nodes[at].Parent;
        }

        return _nodes[at].IsUnknown ? Push(stack, StackKind.UnknownFork, 0) : at;
    }

    /// <summary>What a stack's bottom says.</summary>
    public StackNode BottomOf(int stack) => _nodes[_bottoms[stack]];

    // User code goes on elsewhere than where it was left: in a signal's handler, or behind one.
    private int Handled(int stack, in StackNode entry, ulong target, CodeOwner now)
    {
        int at = entry.Parent;
        for (int depth = 0; depth < MostUnwound && !_nodes[at].IsUnknown && _nodes[at].Kind != StackKind.Root; depth++)
        {
            if (_nodes[at].Kind == StackKind.Signal && _nodes[at].Address == target)
            {
                return _nodes[at].Parent;
            }

            at = _nodes[at].Parent;
        }

        return _nodes[at].IsUnknown ? Of(new StackNode(StackKind.UnknownSignal, stack, target, now)) : Push(entry.Parent, StackKind.Signal, entry.Address);
    }
}
