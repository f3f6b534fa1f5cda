namespace Guest.Machine.Board;

/// <summary>The access widths at which a device answers in one piece; any other width is split into bytes, as the ISA bus does.</summary>
[Flags]
public enum PortSizes
{
    /// <summary>Bytes.</summary>
    Byte = 1,

    /// <summary>Words of 16 bits.</summary>
    Word = 2,

    /// <summary>Double words of 32 bits.</summary>
    Dword = 4,

    /// <summary>Every width.</summary>
    All = Byte | Word | Dword,
}
