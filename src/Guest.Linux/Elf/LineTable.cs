namespace Guest.Linux.Elf;

/// <summary>Which code of a program or library comes from which lines of source.</summary>
/// <param name="Files">The source files' paths, by number.</param>
/// <param name="Rows">The code, by address.</param>
public sealed record LineTable(IReadOnlyList<string> Files, IReadOnlyList<LineRow> Rows)
{
    /// <summary>Reads the table of a file.</summary>
    /// <returns>Null where the file has none, or not all of it is in the guest's memory.</returns>
    public static LineTable? Read(ElfFile file) => file.SectionOf(".debug_line") is { } lines
        ? new LineProgramReader(lines, file.SectionOf(".debug_line_str") ?? [], file.SectionOf(".debug_str") ?? []).Read()
        : null;
}
