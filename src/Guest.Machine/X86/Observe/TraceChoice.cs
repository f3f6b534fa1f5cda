namespace Guest.Machine.X86.Observe;

/// <summary>What a <see cref="CodeTrace"/> takes down. What nobody asks for is not emitted and costs nothing.</summary>
public sealed record TraceChoice
{
    /// <summary>How often each piece of code was executed: one addition for each time.</summary>
    public bool Counts { get; init; }

    /// <summary>Which pieces are counted; asked once for each, when it is translated. Null for all.</summary>
    public Func<CodePiece, bool>? Counted { get; init; }

    /// <summary>How often each jump and call went where: one addition for each conditional jump that is taken, two words for each indirect one. Needs <see cref="Counts"/> of all pieces.</summary>
    public bool Edges { get; init; }

    /// <summary>The pieces in the order of their execution.</summary>
    public bool Pieces { get; init; }

    /// <summary>Every data access, in order, with the instruction; needs <see cref="Pieces"/>.</summary>
    public bool Accesses { get; init; }

    /// <summary>The guest-physical addresses of the accesses too.</summary>
    public bool Physical { get; init; }

    /// <summary>Whether the sink is called at instructions that enter or leave the kernel, and around them.</summary>
    public bool Transfers { get; init; }
}
