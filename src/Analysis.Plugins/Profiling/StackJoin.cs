using Replay.Engine.Observe;

namespace Analysis.Plugins.Profiling;

/// <summary>Puts the stacks of a segment on those with which the segment before it has ended.</summary>
/// <param name="into">The stacks of what came before.</param>
/// <param name="threads">The threads' stacks at its end.</param>
/// <param name="owners">What the segment's owners of code are there.</param>
internal sealed class StackJoin(StackNodes into, IReadOnlyDictionary<ulong, ThreadStack> threads, Func<CodeOwner, CodeOwner> owners)
{
    /// <summary>Joins them.</summary>
    /// <returns>[stack of the segment] the stack that it is.</returns>
    public int[] Join(StackNodes next)
    {
        int[] joined = new int[next.All.Count];
        for (int i = 0; i < joined.Length; i++)
        {
            StackNode node = next.All[i];
            int below = node.Parent < 0 ? -1 : joined[node.Parent];
            joined[i] = node.Kind switch
            {
                StackKind.Unknown when threads.TryGetValue(node.Address, out ThreadStack thread) => thread.Stack,
                StackKind.Root or StackKind.Unknown => into.Of(node with { Owner = owners(node.Owner) }),
                StackKind.UnknownReturn => into.Return(below, node.Address),
                StackKind.UnknownToUser => into.ToUser(below, node.Address, OwnerBefore(next.BottomOf(i)), owners(node.Owner)),
                StackKind.UnknownSignal => into.ToUser(below, node.Address, owners(node.Owner), owners(node.Owner)),
                StackKind.UnknownToKernel => into.ToKernel(below),
                StackKind.UnknownFork => into.Forked(below),
                _ => into.Push(below, node.Kind, node.Address),
            };
        }

        return joined;
    }

    private CodeOwner? OwnerBefore(in StackNode bottom) => threads.TryGetValue(bottom.Address, out ThreadStack thread) ? thread.Owner : null;
}
