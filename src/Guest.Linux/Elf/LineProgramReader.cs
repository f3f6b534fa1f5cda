namespace Guest.Linux.Elf;

/// <summary>Executes the line-number programs of a section (DWARF 5, section 6.2; versions 2 to 5).</summary>
/// <param name="lines"><c>.debug_line</c>.</param>
/// <param name="lineTexts"><c>.debug_line_str</c>.</param>
/// <param name="texts"><c>.debug_str</c>.</param>
internal sealed class LineProgramReader(byte[] lines, byte[] lineTexts, byte[] texts)
{
    private const int MostRows = 8 << 20;
    private readonly List<string> _files = [];
    private readonly Dictionary<string, int> _numbers = [];
    private readonly List<LineRow> _rows = [];

    public LineTable Read()
    {
        DwarfCursor cursor = new(lines);
        while (!cursor.AtEnd && _rows.Count < MostRows)
        {
            ulong length = cursor.U32();
            bool wide = length == uint.MaxValue;
            length = wide ? cursor.U64() : length;
            ulong end = (ulong)cursor.At + Math.Min(length, (ulong)lines.Length);
            ReadUnit(ref cursor, (int)Math.Min(end, (ulong)lines.Length), wide);
            cursor.GoTo(end);
        }

        return new LineTable(_files, [.. _rows.OrderBy(row => row.Address).ThenBy(row => row.End)]);
    }

    private void ReadUnit(ref DwarfCursor cursor, int end, bool wide)
    {
        int version = cursor.U16();
        if (version is < 2 or > 5)
        {
            return;
        }

        if (version == 5)
        {
            cursor.Skip(2); // sizes of addresses and of selectors
        }

        ulong headerLength = cursor.Offset(wide);
        ulong program = (ulong)cursor.At + headerLength;
        Header header = new(cursor.U8(), version >= 4 ? cursor.U8() : (byte)1, cursor.U8() != 0, (sbyte)cursor.U8(), cursor.U8(), cursor.U8());
        byte[] operands = new byte[Math.Max(1, (int)header.OpcodeBase)];
        for (int i = 1; i < header.OpcodeBase; i++)
        {
            operands[i] = cursor.U8();
        }

        List<int> files = version == 5 ? ReadFiles5(ref cursor, wide) : ReadFiles4(ref cursor);
        cursor.GoTo(program);
        if (header.LineRange != 0)
        {
            Execute(ref cursor, end, header, operands, files);
        }
    }

    private void Execute(ref DwarfCursor cursor, int end, Header header, byte[] operands, List<int> files)
    {
        LineState state = new(header.DefaultIsStatement);
        LineState? last = null;
        while (cursor.At < end && !cursor.IsOver && _rows.Count < MostRows)
        {
            byte opcode = cursor.U8();
            if (opcode >= header.OpcodeBase)
            {
                int adjusted = opcode - header.OpcodeBase;
                state.Address += (ulong)(adjusted / header.LineRange) * header.MinimumLength;
                state.Line += header.LineBase + (adjusted % header.LineRange);
                last = Emit(last, state, files);
            }
            else if (opcode == 0)
            {
                ExecuteExtended(ref cursor, ref state, ref last, header, files);
            }
            else if (opcode == 1)
            {
                last = Emit(last, state, files);
            }
            else
            {
                ExecuteStandard(ref cursor, ref state, opcode, header, operands);
            }
        }
    }

    private static void ExecuteStandard(ref DwarfCursor cursor, ref LineState state, byte opcode, Header header, byte[] operands)
    {
        switch (opcode)
        {
            case 2: state.Address += cursor.Uleb() * header.MinimumLength; break;
            case 3: state.Line += cursor.Sleb(); break;
            case 4: state.File = cursor.Uleb(); break;
            case 6: state.IsStatement = !state.IsStatement; break;
            case 8: state.Address += (ulong)((255 - header.OpcodeBase) / header.LineRange) * header.MinimumLength; break;
            case 9: state.Address += cursor.U16(); break;
            default:
                for (int left = operands[opcode]; left > 0; left--)
                {
                    _ = cursor.Uleb();
                }

                break;
        }
    }

    private void ExecuteExtended(ref DwarfCursor cursor, ref LineState state, ref LineState? last, Header header, List<int> files)
    {
        ulong length = cursor.Uleb();
        ulong next = (ulong)cursor.At + Math.Min(length, (ulong)lines.Length);
        switch (length == 0 ? (byte)0 : cursor.U8())
        {
            case 1: // DW_LNE_end_sequence
                _ = Emit(last, state, files);
                (last, state) = (null, new LineState(header.DefaultIsStatement));
                break;
            case 2: // DW_LNE_set_address
                state.Address = length == 9 ? cursor.U64() : cursor.U32();
                break;
            default:
                break;
        }

        cursor.GoTo(next);
    }

    // A row ends where the next one begins. Sequences at 0 are of functions that the linker has left out.
    private LineState Emit(LineState? last, LineState next, List<int> files)
    {
        if (last is { IsStatement: true, Line: > 0 and <= int.MaxValue, Address: > 0 } row && next.Address > row.Address && row.File < (ulong)files.Count && files[(int)row.File] >= 0)
        {
            _rows.Add(new LineRow(row.Address, next.Address, files[(int)row.File], (int)row.Line));
        }

        return next;
    }

    private List<int> ReadFiles4(ref DwarfCursor cursor)
    {
        List<string> folders = [string.Empty];
        while (!cursor.AtEnd && cursor.Text() is { Length: > 0 } folder)
        {
            folders.Add(folder);
        }

        List<int> files = [-1];
        while (!cursor.AtEnd && cursor.Text() is { Length: > 0 } name)
        {
            ulong folder = cursor.Uleb();
            _ = cursor.Uleb();
            _ = cursor.Uleb();
            files.Add(NumberOf(folder < (ulong)folders.Count ? folders[(int)folder] : string.Empty, name));
        }

        return files;
    }

    private List<int> ReadFiles5(ref DwarfCursor cursor, bool wide)
    {
        List<(string Path, ulong Folder)> folders = ReadEntries(ref cursor, wide);
        string top = folders.Count > 0 ? folders[0].Path : string.Empty;
        return [.. ReadEntries(ref cursor, wide).Select(file => NumberOf(Path.Combine(top, file.Folder < (ulong)folders.Count ? folders[(int)file.Folder].Path : string.Empty), file.Path))];
    }

    private List<(string Path, ulong Folder)> ReadEntries(ref DwarfCursor cursor, bool wide)
    {
        (ulong Content, ulong Form)[] format = new (ulong, ulong)[cursor.U8()];
        for (int i = 0; i < format.Length; i++)
        {
            format[i] = (cursor.Uleb(), cursor.Uleb());
        }

        List<(string, ulong)> entries = [];
        for (ulong left = cursor.Uleb(); left > 0 && !cursor.IsOver && format.Length > 0; left--)
        {
            (string path, ulong folder) = (string.Empty, 0);
            foreach ((ulong content, ulong form) in format)
            {
                (string text, ulong number) = ReadForm(ref cursor, form, wide);
                (path, folder) = content switch { 1 => (text, folder), 2 => (path, number), _ => (path, folder) };
            }

            entries.Add((path, folder));
        }

        return entries;
    }

    private (string Text, ulong Number) ReadForm(ref DwarfCursor cursor, ulong form, bool wide)
    {
        switch (form)
        {
            case 0x08: return (cursor.Text(), 0); // DW_FORM_string
            case 0x1F: return (TextAt(lineTexts, cursor.Offset(wide)), 0); // DW_FORM_line_strp
            case 0x0E: return (TextAt(texts, cursor.Offset(wide)), 0); // DW_FORM_strp
            case 0x0B: return (string.Empty, cursor.U8());
            case 0x05: return (string.Empty, cursor.U16());
            case 0x06: return (string.Empty, cursor.U32());
            case 0x07: return (string.Empty, cursor.U64());
            case 0x0F: return (string.Empty, cursor.Uleb());
            case 0x1E: cursor.Skip(16); break; // DW_FORM_data16: a checksum
            case 0x09: cursor.Skip(cursor.Uleb()); break; // DW_FORM_block
            default: cursor.GoTo(ulong.MaxValue); break; // not known: nothing after it can be read
        }

        return (string.Empty, 0);
    }

    private static string TextAt(byte[] section, ulong at)
    {
        DwarfCursor cursor = new(section);
        cursor.GoTo(at);
        return cursor.AtEnd ? string.Empty : cursor.Text();
    }

    private int NumberOf(string folder, string name)
    {
        string path = Path.Combine(folder, name);
        if (!_numbers.TryGetValue(path, out int number))
        {
            _numbers.Add(path, number = _files.Count);
            _files.Add(path);
        }

        return number;
    }

    private readonly record struct Header(byte MinimumLength, byte MostOperations, bool DefaultIsStatement, sbyte LineBase, byte LineRange, byte OpcodeBase);

    // The registers of the line-number machine that are used here.
    private record struct LineState(bool IsStatement)
    {
        public ulong Address { get; set; }

        public ulong File { get; set; } = 1;

        public long Line { get; set; } = 1;
    }
}
