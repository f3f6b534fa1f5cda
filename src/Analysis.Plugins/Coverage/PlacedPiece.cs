namespace Analysis.Plugins.Coverage;

/// <summary>A piece of code in a file, with its instructions and edges by their numbers.</summary>
/// <param name="Module">The file's number.</param>
/// <param name="Address">Where in it the piece begins.</param>
/// <param name="Instructions">Its instructions.</param>
/// <param name="Taken">The edge to where its bytes say that it leads; negative where they do not.</param>
/// <param name="Passed">The edge to the instruction behind it, for a conditional jump; negative otherwise.</param>
/// <param name="Inner">The edges of the conditional jumps in its middle, which were not taken.</param>
internal sealed record PlacedPiece(int Module, ulong Address, int[] Instructions, int Taken, int Passed, int[] Inner)
{
    /// <summary>Another place of the same code.</summary>
    internal PlacedPiece? Next { get; init; }
}
