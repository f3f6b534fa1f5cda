namespace Guest.Machine.X86.Translate.Emit;

/// <summary>What is known of the second copy of a block that jumps back to its own beginning.</summary>
internal struct LoopState
{
    /// <summary>Whether there may be one.</summary>
    internal bool IsPossible;

    /// <summary>Whether the block has turned out to need one that is not emitted yet.</summary>
    internal bool IsOpen;

    /// <summary>Where it begins, or 0.</summary>
    internal nint Start;

    /// <summary>Where the displacement of the first copy's jump to it stands; 0 where it lies right behind.</summary>
    internal nint Jump;

    /// <summary>The instruction that the flags can be had from there.</summary>
    internal int Producer;

    /// <summary>The register that R14 holds there, or -1.</summary>
    internal int Kept;
}
