namespace Guest.Machine.X86.Observe;

/// <summary>The words of a <see cref="CodeTrace"/>: a piece is one word, its number, and behind it where its accesses were.</summary>
/// <remarks>
/// Of a piece of emitted code these are <see cref="CodePiece.Words"/> words, with which its <see cref="CodePiece.Accesses"/> are found: one for each search of the TLB, the linear address that
/// was searched for, and with <see cref="TraceChoice.Physical"/> a second one, the host address of the beginning of the page in RAM that was found. What the interpreter executed has three words for
/// each access instead: a descriptor (negative, so that no piece's number looks like it), the linear address, and the guest-physical one.
/// </remarks>
public static class TraceWords
{
    /// <summary>Words of an access by the interpreter.</summary>
    public const int PerAccess = 3;

    private const int Write = 1 << 30;

    /// <summary>The descriptor of an access by the interpreter.</summary>
    internal static int Interpreted(int size, bool write) => int.MinValue | (write ? Write : 0) | (size << 12);

    /// <summary>Whether a word begins an access.</summary>
    public static bool IsAccess(ulong word) => (long)word < 0;

    /// <summary>Bytes.</summary>
    public static int SizeOf(ulong word) => ((int)word >> 12) & 0xFFF;

    /// <summary>Bytes of the next access, where so many are left of one: as the interpreter cuts them.</summary>
    public static int PartOf(int left) => left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1;

    /// <summary>Whether it writes; it does nothing else.</summary>
    public static bool IsWrite(ulong word) => ((int)word & Write) != 0;
}
