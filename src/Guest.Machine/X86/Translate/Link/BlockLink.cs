using Guest.Machine.X86.Translate.Analyse;

namespace Guest.Machine.X86.Translate.Link;

/// <summary>A jump or call from one block to another whose place is known when the block is translated.</summary>
internal struct BlockLink
{
    /// <summary>The number of the block that jumps.</summary>
    internal int From;

    /// <summary>The number of the block to which it leads now, or -1 while it leads to its stub.</summary>
    internal int To;

    /// <summary>The next link that leads to the same block, or -1.</summary>
    internal int Next;

    /// <summary>The mode that the target runs in.</summary>
    internal ModeKey Mode;

    /// <summary>Where the 32-bit displacement of the jump stands.</summary>
    internal nint Jump;

    /// <summary>What it leads to while it is not linked: an exit to the run loop.</summary>
    internal nint Stub;

    /// <summary>The target, counted from the beginning of the block's page.</summary>
    internal long Target;

    /// <summary>Whether the flags are in the processor at the jump.</summary>
    internal bool WithFlags;

    /// <summary>Whether it leads to another page.</summary>
    internal readonly bool IsFar => Target is < 0 or > 0xFFF;
}
