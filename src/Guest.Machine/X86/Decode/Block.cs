namespace Guest.Machine.X86.Decode;

/// <summary>Predecoded instructions that follow each other inside one page of RAM.</summary>
internal sealed class Block
{
    internal Block(int page, int offset, int bytes, Op[] ops)
    {
        Page = page;
        Offset = offset;
        Bytes = bytes;
        Ops = ops;
    }

    /// <summary>The RAM page, or -1 for an instruction that crosses pages (never cached).</summary>
    internal int Page { get; }

    /// <summary>Where in the page it begins.</summary>
    internal int Offset { get; }

    /// <summary>Bytes of all its instructions.</summary>
    internal int Bytes { get; }

    /// <summary>The instructions.</summary>
    internal Op[] Ops { get; }

    /// <summary>Whether its first instruction is one that <see cref="InstructionStops"/> are asked about.</summary>
    internal bool IsStop { get; init; }
}
