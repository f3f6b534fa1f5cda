namespace Trace.Export.Tables;

/// <summary>Whether a memory access reads or writes. Its name in a table is <c>r</c> or <c>w</c>.</summary>
public enum AccessDirection : byte
{
    /// <summary>The guest read memory.</summary>
    Read,

    /// <summary>The guest wrote memory.</summary>
    Write,
}
