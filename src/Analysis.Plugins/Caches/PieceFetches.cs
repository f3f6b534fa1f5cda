using Guest.Machine.X86.Observe;

namespace Analysis.Plugins.Caches;

/// <summary>What a piece of code fetches: its page once, and its lines one after the other; and what emitted code accesses in it.</summary>
/// <param name="Pc">Linear address of its first byte.</param>
/// <param name="Count">Its instructions.</param>
/// <param name="FirstLine">Where its lines are in the list of all.</param>
/// <param name="Lines">How many there are.</param>
/// <param name="Fetches">Fetches from them.</param>
/// <param name="FirstPart">Where its accesses are in the list of all.</param>
/// <param name="Parts">How many there are.</param>
/// <param name="Reads">How many of them read.</param>
/// <param name="Words">Words behind its number in the trace.</param>
/// <param name="IsUser">Whether it runs in a program.</param>
internal readonly record struct PieceFetches(ulong Pc, int Count, int FirstLine, int Lines, int Fetches, int FirstPart, int Parts, int Reads, int Words, bool IsUser)
{
    /// <summary>Looks at a piece.</summary>
    /// <param name="piece">The piece.</param>
    /// <param name="lineBits">Bits of an address in a line.</param>
    /// <param name="lines">All lines; the piece's are added.</param>
    /// <param name="parts">All accesses of emitted code; the piece's are added.</param>
    internal static PieceFetches Of(CodePiece piece, int lineBits, List<FetchedLine> lines, List<PiecePart> parts)
    {
        (int first, int firstPart) = (lines.Count, parts.Count);
        int fetches = 0;
        for (int i = 0; i < piece.Count; i++)
        {
            ulong pc = piece.PcOf(i).Value;
            if ((pc ^ piece.Pc.Value) >> CacheWalker.PageBits != 0)
            {
                throw new InvalidOperationException("a piece of code lies on two pages");
            }

            for (ulong line = pc >> lineBits; line <= (pc + piece.Instructions[i].Length - 1) >> lineBits; line++)
            {
                fetches++;
                if (lines.Count == first || lines[^1].Line != line)
                {
                    lines.Add(new FetchedLine(line, i));
                }
            }
        }

        int reads = 0;
        foreach (ref readonly PieceAccess access in piece.Accesses)
        {
            bool isRead = !access.IsWrite || piece.Instructions[access.Index].Updates;
            reads += isRead ? Add(access, isWrite: false, parts) : 0;
            _ = access.IsWrite ? Add(access, isWrite: true, parts) : 0;
        }

        return new PieceFetches(piece.Pc.Value, piece.Count, first, lines.Count - first, fetches, firstPart, parts.Count - firstPart, reads, piece.Words, piece.Ring == 3);
    }

    private static int Add(in PieceAccess access, bool isWrite, List<PiecePart> parts)
    {
        int count = 0;
        for (int at = 0, part; at < access.Size; at += part, count++)
        {
            part = TraceWords.PartOf(access.Size - at);
            parts.Add(new PiecePart(access.Index, access.Word, (short)(access.Place + at), (byte)part, isWrite));
        }

        return count;
    }
}
