using Guest.Machine.X86.Translate.Analyse;

namespace Guest.Machine.X86.Translate.Link;

/// <summary>Host code for instructions of one page that follow each other, and who jumps to it.</summary>
internal sealed class TranslatedBlock(int page, int offset, ModeKey mode, ulong linear)
{
    /// <summary>The RAM page.</summary>
    internal int Page { get; } = page;

    /// <summary>Where in it the block begins.</summary>
    internal int Offset { get; } = offset;

    /// <summary>What it was translated for.</summary>
    internal ModeKey Mode { get; } = mode;

    /// <summary>The page's linear address where the code depends on it (kernel code); 0 where it serves every mapping.</summary>
    internal ulong Linear { get; } = linear;

    /// <summary>What a trace knows it as; null where nothing is traced or there is no instruction.</summary>
    internal Observe.CodePiece? Piece { get; set; }

    /// <summary>Bytes of its instructions.</summary>
    internal int Bytes { get; set; }

    /// <summary>Whether it stands for an instruction that goes on in the next page: it looks whether the jump cache knows a block of that alone.</summary>
    internal bool Crosses { get; set; }

    /// <summary>The host's address of the page in which its one instruction goes on, or 0.</summary>
    internal nint Second { get; set; }

    /// <summary>That page's number.</summary>
    internal int SecondPage { get; set; }

    /// <summary>What of that instruction stands there.</summary>
    internal byte[] Tail { get; set; } = [];

    /// <summary>Its instructions.</summary>
    internal int Count { get; set; }

    /// <summary>Where it is entered with the flags in memory.</summary>
    internal nint Entry { get; set; }

    /// <summary>Where it is entered with the flags in the processor.</summary>
    internal nint EntryWithFlags { get; set; }

    /// <summary>Where in the page each of its instructions begins, and where the last one ends.</summary>
    internal ushort[] Offsets { get; set; } = [];

    /// <summary>Whether its guest code has changed since.</summary>
    internal bool IsDropped { get; set; }

    /// <summary>Its number in the <see cref="LinkTable"/>.</summary>
    internal int Number { get; set; }

    /// <summary>The number of the first link of other blocks that leads here, or -1; others follow by <see cref="BlockLink.Next"/>.</summary>
    internal int Incoming { get; set; } = -1;

    /// <summary>The number of its own first link; the others follow.</summary>
    internal int FirstLink { get; set; }

    /// <summary>How many links it has.</summary>
    internal int Links { get; set; }

    /// <summary>Another block that begins in the same 64 bytes of the page.</summary>
    internal TranslatedBlock? Next { get; set; }
}
