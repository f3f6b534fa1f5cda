using Guest.Machine.X86.Observe;

namespace Analysis.Plugins.Caches;

/// <summary>What a piece of code fetches: its page once, and its lines one after the other.</summary>
/// <param name="Pc">Linear address of its first byte.</param>
/// <param name="Count">Its instructions.</param>
/// <param name="FirstLine">Where its lines are in the list of all.</param>
/// <param name="Lines">How many there are.</param>
/// <param name="IsUser">Whether it runs in a program.</param>
/// <param name="Updates">Whether one of its instructions reads the memory that it writes.</param>
internal readonly record struct PieceFetches(ulong Pc, int Count, int FirstLine, int Lines, bool IsUser, bool Updates)
{
    /// <summary>Looks at a piece.</summary>
    /// <param name="piece">The piece.</param>
    /// <param name="lineBits">Bits of an address in a line.</param>
    /// <param name="lines">All lines; the piece's are added.</param>
    internal static PieceFetches Of(CodePiece piece, int lineBits, List<FetchedLine> lines)
    {
        int first = lines.Count;
        bool updates = false;
        for (int i = 0; i < piece.Count; i++)
        {
            ulong pc = piece.PcOf(i).Value;
            updates |= piece.Instructions[i].Updates;
            if ((pc ^ piece.Pc.Value) >> CacheWalker.PageBits != 0)
            {
                throw new InvalidOperationException("a piece of code lies on two pages");
            }

            for (ulong line = pc >> lineBits; line <= (pc + piece.Instructions[i].Length - 1) >> lineBits; line++)
            {
                if (lines.Count > first && lines[^1].Line == line)
                {
                    lines[^1] = lines[^1] with { Times = lines[^1].Times + 1 };
                }
                else
                {
                    lines.Add(new FetchedLine(line, i, 1));
                }
            }
        }

        return new PieceFetches(piece.Pc.Value, piece.Count, first, lines.Count - first, piece.Ring == 3, updates);
    }
}
