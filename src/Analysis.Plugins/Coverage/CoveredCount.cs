using Replay.Engine.Observe;

namespace Analysis.Plugins.Coverage;

/// <summary>How often somebody executed a piece of code of a file.</summary>
/// <param name="Owner">The program, or the kernel.</param>
/// <param name="Piece">The piece.</param>
/// <param name="Count">How often it was executed; 0 where only <paramref name="Led"/> is counted.</param>
/// <param name="Taken">How often the jump or call at its end was taken, where that was counted.</param>
/// <param name="Led">The edge to where an indirect one led; negative where there is none.</param>
internal readonly record struct CoveredCount(CodeOwner Owner, PlacedPiece Piece, long Count, long Taken, int Led)
{
    /// <summary>How often each of its edges was taken; those that were.</summary>
    internal IEnumerable<(int Edge, long Times)> Edges
    {
        get
        {
            if (Led >= 0)
            {
                yield return (Led, Taken);
            }

            for (int i = 0; i < Piece.Inner.Length && Count > 0; i++)
            {
                yield return (Piece.Inner[i], Count);
            }

            long taken = Piece.Passed >= 0 ? Taken : Count;
            if (Piece.Taken >= 0 && taken > 0)
            {
                yield return (Piece.Taken, taken);
            }

            if (Piece.Passed >= 0 && Count > Taken)
            {
                yield return (Piece.Passed, Count - Taken);
            }
        }
    }
}
