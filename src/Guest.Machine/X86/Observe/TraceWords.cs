namespace Guest.Machine.X86.Observe;

/// <summary>The words of a <see cref="CodeTrace"/>: a piece is one word, its number; the accesses of its instructions follow it, three words each.</summary>
/// <remarks>
/// An access is a descriptor (negative, so that no piece's number looks like it), the linear address, and the host address of the beginning of its page in RAM
/// or, from the interpreter, the guest-physical address of the access.
/// </remarks>
public static class TraceWords
{
    /// <summary>Words of an access.</summary>
    public const int PerAccess = 3;

    private const int Write = 1 << 30;
    private const int Page = 1 << 29;

    /// <summary>The descriptor of an access by emitted code.</summary>
    internal static int Descriptor(int index, int size, bool write) => int.MinValue | Page | (write ? Write : 0) | (size << 12) | index;

    /// <summary>The descriptor of an access by the interpreter.</summary>
    internal static int Interpreted(int size, bool write) => int.MinValue | (write ? Write : 0) | (size << 12);

    /// <summary>Whether a word begins an access.</summary>
    public static bool IsAccess(ulong word) => (long)word < 0;

    /// <summary>Number of its instruction in the piece.</summary>
    public static int IndexOf(ulong word) => (int)word & 0xFFF;

    /// <summary>Bytes.</summary>
    public static int SizeOf(ulong word) => ((int)word >> 12) & 0xFFF;

    /// <summary>Bytes of the next access, where so many are left of one: as the interpreter cuts them.</summary>
    public static int PartOf(int left) => left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1;

    /// <summary>Whether it has the right to write: it writes, and may have read.</summary>
    public static bool IsWrite(ulong word) => ((int)word & Write) != 0;

    /// <summary>Whether emitted code made it: it may be a read and a write in one, and have up to 64 bytes.</summary>
    public static bool IsEmitted(ulong word) => ((int)word & Page) != 0;
}
