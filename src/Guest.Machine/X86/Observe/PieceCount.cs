namespace Guest.Machine.X86.Observe;

/// <summary>How often a piece of code was executed by somebody.</summary>
/// <param name="Owner">Who; what the number means is the counter's business.</param>
/// <param name="Piece">The piece's number.</param>
/// <param name="Target">Where it led, for one that ends with an indirect jump or call; 0 otherwise.</param>
public record struct PieceCount(ulong Owner, int Piece, ulong Target)
{
    /// <summary>How often.</summary>
    public long Count { get; set; }

    /// <summary>How often the conditional jump that ends it was taken.</summary>
    public long Taken { get; set; }
}
