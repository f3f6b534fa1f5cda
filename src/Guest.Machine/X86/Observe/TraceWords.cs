namespace Guest.Machine.X86.Observe;

/// <summary>The words of a <see cref="CodeTrace"/>: a piece is one word, its number, and behind it where its accesses were.</summary>
/// <remarks>
/// Of a piece of emitted code these are <see cref="CodePiece.Words"/> words, with which its <see cref="CodePiece.Accesses"/> are found: one for each search of the TLB, the linear address that
/// was searched for, and with <see cref="TraceChoice.Physical"/> a second one, the host address of the beginning of the page in RAM that was found. What the interpreter executed has three words for
/// each access instead: a descriptor (negative, so that no piece's number looks like it), the linear address, and the guest-physical one. They may stand for a run of elements that a repeated string
/// instruction accessed (<see cref="ElementsOf"/>), and two runs for elements that were accessed in turn (<see cref="Alternates"/>).
/// </remarks>
public static class TraceWords
{
    /// <summary>Words of an access by the interpreter.</summary>
    public const int PerAccess = 3;

    private const long Access = long.MinValue;
    private const long Write = 1L << 30;
    private const long Down = 1L << 31;
    private const long Alternate = 1L << 32;
    private const int SizeShift = 12;
    private const int MoreShift = 33;
    private const int Field = 0xFFF;

    /// <summary>The descriptor of an access by the interpreter.</summary>
    internal static ulong Interpreted(int size, bool write) => (ulong)(Access | (write ? Write : 0) | ((long)size << SizeShift));

    /// <summary>The descriptor of a run of accesses.</summary>
    public static ulong Interpreted(in ElementRun run) =>
        Interpreted(run.Size, run.IsWrite) | (ulong)((run.IsDown ? Down : 0) | (run.Alternates ? Alternate : 0) | ((long)(run.Elements - 1) << MoreShift));

    /// <summary>Whether a word begins an access.</summary>
    public static bool IsAccess(ulong word) => (long)word < 0;

    /// <summary>Bytes.</summary>
    public static int SizeOf(ulong word) => (int)(word >> SizeShift) & Field;

    /// <summary>The words of the access that begins at a place, and of the one whose elements alternate with its own.</summary>
    public static ReadOnlySpan<ulong> AccessAt(ReadOnlySpan<ulong> words, int at) => words.Slice(at, Alternates(words[at]) ? 2 * PerAccess : PerAccess);

    /// <summary>Accesses of that size, side by side.</summary>
    public static int ElementsOf(ulong word) => ((int)(word >> MoreShift) & Field) + 1;

    /// <summary>How far behind the address an element begins.</summary>
    /// <param name="word">The descriptor.</param>
    /// <param name="element">The element's number, from 0.</param>
    public static ulong PlaceOf(ulong word, int element) => unchecked((ulong)(((long)word & Down) != 0 ? -(long)element * SizeOf(word) : (long)element * SizeOf(word)));

    /// <summary>Whether another access (of as many elements) follows behind this one, each of whose elements was accessed after the one of this.</summary>
    public static bool Alternates(ulong word) => ((long)word & Alternate) != 0;

    /// <summary>Bytes of the next access, where so many are left of one: as the interpreter cuts them.</summary>
    public static int PartOf(int left) => left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1;

    /// <summary>Whether it writes; it does nothing else.</summary>
    public static bool IsWrite(ulong word) => ((long)word & Write) != 0;
}
