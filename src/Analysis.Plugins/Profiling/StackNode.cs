using Replay.Engine.Observe;

namespace Analysis.Plugins.Profiling;

/// <summary>A stack, as its top and what is below it.</summary>
/// <param name="Kind">What the top is.</param>
/// <param name="Parent">What is below it; negative at the bottom.</param>
/// <param name="Address">Where execution goes on when it is left: a return address; at a bottom the number of its thread.</param>
/// <param name="Owner">At a bottom, and in a return to user code: whose code the user's is.</param>
internal readonly record struct StackNode(StackKind Kind, int Parent, ulong Address, CodeOwner Owner)
{
    /// <summary>Whether nothing of the stack is below it.</summary>
    internal bool IsBottom => Kind is StackKind.Root or StackKind.Unknown;

    /// <summary>Whether what is below it may turn out to be another stack than it seems.</summary>
    internal bool IsUnknown => Kind is StackKind.Unknown or >= StackKind.UnknownReturn;

    /// <inheritdoc/>
    public override int GetHashCode() => (int)((((ulong)(uint)Parent << 32) ^ Address ^ ((ulong)Kind << 60)) * 0x9E37_79B9_7F4A_7C15 >> 33);
}
