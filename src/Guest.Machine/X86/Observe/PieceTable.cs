namespace Guest.Machine.X86.Observe;

/// <summary>All pieces of a trace, by number and by what they are.</summary>
/// <remarks>Written out, as so many are looked up while code is translated that a dictionary's being compiled costs more than the look-ups.</remarks>
internal sealed class PieceTable
{
    private CodePiece[] _all = new CodePiece[1 << 12];
    private CodePiece?[] _places = new CodePiece?[1 << 12];

    /// <summary>How many there are.</summary>
    internal int Count { get; private set; }

    /// <summary>The pieces, by number.</summary>
    internal ReadOnlySpan<CodePiece> All => _all.AsSpan(0, Count);

    /// <summary>The piece that consists of these instructions; null where there is none yet.</summary>
    internal CodePiece? Find(GuestVirtual pc, int ring, ReadOnlySpan<PieceInstruction> instructions, GuestVirtual? target, bool isEmitted)
    {
        CodePiece? piece = _places[PlaceOf(pc, ring)];
        while (piece is not null && !(piece.Pc.Value == pc.Value && piece.Ring == ring && piece.IsEmitted == isEmitted && IsSame(piece, instructions, target)))
        {
            piece = piece.Next;
        }

        return piece;
    }

    /// <summary>Adds a piece; its number is the number of those before.</summary>
    /// <param name="piece">The piece.</param>
    /// <param name="isFound">Whether it is found again; the last one of several that are alike is.</param>
    internal void Add(CodePiece piece, bool isFound)
    {
        piece.IsFound = isFound;
        if (Count == _all.Length)
        {
            Array.Resize(ref _all, 2 * Count);
            Scatter();
        }

        _all[Count++] = piece;
        if (isFound)
        {
            Place(piece);
        }
    }

    private static bool IsSame(CodePiece piece, ReadOnlySpan<PieceInstruction> instructions, GuestVirtual? target)
    {
        ReadOnlySpan<PieceInstruction> known = piece.Instructions;
        bool isSame = known.Length == instructions.Length && piece.Target.HasValue == target.HasValue && piece.Target.GetValueOrDefault().Value == target.GetValueOrDefault().Value;
        for (int i = 0; isSame && i < known.Length; i++)
        {
            isSame = known[i].Equals(instructions[i]);
        }

        return isSame;
    }

    private void Scatter()
    {
        _places = new CodePiece?[_all.Length];
        foreach (CodePiece piece in All)
        {
            if (piece.IsFound)
            {
                Place(piece);
            }
        }
    }

    private void Place(CodePiece piece)
    {
        ref CodePiece? first = ref _places[PlaceOf(piece.Pc, piece.Ring)];
        (piece.Next, first) = (first, piece);
    }

    private int PlaceOf(GuestVirtual pc, int ring) => (int)(((pc.Value + (ulong)ring) * 0x9E37_79B9_7F4A_7C15) >> 32) & (_places.Length - 1);
}
