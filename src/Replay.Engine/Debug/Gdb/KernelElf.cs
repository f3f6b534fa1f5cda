using System.Buffers.Binary;
using System.Text;
using Guest.Linux;
using Guest.Linux.Modules;
using Guest.Linux.Symbols;
using Guest.Linux.Unwinding;
using Guest.Machine;

namespace Replay.Engine.Debug.Gdb;

/// <summary>An ELF file with nothing in it but the running kernel's symbols and what its frames look like, where address-space randomisation has put them: what gdb takes for the kernel's file.</summary>
/// <remarks>
/// Three sections without content, <c>.text</c> up to the kernel's <c>_etext</c>, <c>.data</c> behind it, and <c>.modules</c> for all modules that are loaded now; gdb reads their
/// bytes from the guest (System V ABI, chapters 4 and 5).
/// </remarks>
internal static class KernelElf
{
    private const int HeaderBytes = 64, SectionBytes = 64, SymbolBytes = 24, Sections = 8;
    private const short Text = 1, Data = 2, Modules = 3, SectionNames = 6;
    private const ulong DataLimit = 64 << 20;
    private const int ProgramBits = 1, NoBits = 8, SymbolTable = 2, StringTable = 3;
    private const ulong Alloc = 2, Write = 1, Execute = 4;
    private static readonly byte[] s_sectionNames = [.. "\0.text\0.data\0.modules\0.symtab\0.strtab\0.shstrtab\0.debug_frame\0"u8];

    /// <summary>Writes it. Some megabytes.</summary>
    internal static byte[] Make(LinuxKernel kernel)
    {
        KernelSymbols symbols = kernel.Symbols;
        ulong start = symbols.Find("_stext")?.Address.Value ?? symbols.AddressOf("_text").Value;
        ulong end = symbols.AddressOf("_etext").Value;
        List<(KernelSymbol Symbol, short Section)> all = [.. OfKernel(symbols, start, end), .. OfModules(kernel)];
        (byte[] table, byte[] names) = Table(all);
        byte[] frames = CallFrames.Make(FrameTables(kernel));
        byte[] file = new byte[HeaderBytes + table.Length + names.Length + s_sectionNames.Length + frames.Length + (Sections * SectionBytes)];
        int at = HeaderBytes;
        int tableAt = Append(file, ref at, table);
        int namesAt = Append(file, ref at, names);
        int sectionNamesAt = Append(file, ref at, s_sectionNames);
        int framesAt = Append(file, ref at, frames);
        WriteHeader(file, at, start);
        Section(file, at, 1, 1, NoBits, Alloc | Execute, start, HeaderBytes, end - start);
        Section(file, at, 2, 7, NoBits, Alloc | Write, end, HeaderBytes, DataLimit);
        (ulong modules, ulong modulesEnd) = ModuleRange(all);
        Section(file, at, Modules, 13, NoBits, modules == modulesEnd ? 0 : Alloc | Write | Execute, modules, HeaderBytes, modulesEnd - modules);
        Section(file, at, 4, 22, SymbolTable, 0, 0, tableAt, (ulong)table.Length, link: 5, info: 1, entry: SymbolBytes);
        Section(file, at, 5, 30, StringTable, 0, 0, namesAt, (ulong)names.Length);
        Section(file, at, 6, 38, StringTable, 0, 0, sectionNamesAt, (ulong)s_sectionNames.Length);
        Section(file, at, 7, 48, ProgramBits, 0, 0, framesAt, (ulong)frames.Length);
        return file;
    }

    // A kernel whose structures are not known, or that has no such tables, does not say how its frames are left.
    private static List<IReadOnlyList<OrcRow>> FrameTables(LinuxKernel kernel)
    {
        try
        {
            OrcReader reader = new(kernel);
            return [reader.Kernel(), .. kernel.Modules.All().Items.Where(module => module.State == ModuleState.Live).Select(reader.Of)];
        }
        catch (ReplayKitException)
        {
            return [];
        }
    }

    private static int Append(byte[] file, ref int at, byte[] part)
    {
        int here = at;
        part.CopyTo(file, at);
        at += part.Length;
        return here;
    }

    private static IEnumerable<(KernelSymbol Symbol, short Section)> OfKernel(KernelSymbols symbols, ulong start, ulong end)
    {
        for (int i = 0; i < symbols.Count; i++)
        {
            KernelSymbol symbol = symbols[i];
            bool isCode = symbol.Address.Value >= start && symbol.Address.Value < end;
            if (isCode || symbol.Address.Value - end < DataLimit)
            {
                yield return (symbol, isCode ? Text : Data);
            }
        }
    }

    private static List<(KernelSymbol Symbol, short Section)> OfModules(LinuxKernel kernel)
    {
        try
        {
            return [.. kernel.Modules.All().Items.Where(module => module.State != ModuleState.Unformed)
                .SelectMany(module => kernel.Modules.All(module).Where(symbol => module.Contains(symbol.Address)).Select(symbol => (symbol, Modules)))];
        }
        catch (ReplayKitException)
        {
            // A kernel whose structures are not known does not say what its modules are.
            return [];
        }
    }

    private static (ulong Start, ulong End) ModuleRange(List<(KernelSymbol Symbol, short Section)> all)
    {
        ulong start = ulong.MaxValue, end = 0;
        foreach ((KernelSymbol symbol, short section) in all)
        {
            if (section == Modules)
            {
                start = Math.Min(start, symbol.Address.Value);
                end = Math.Max(end, unchecked(symbol.Address.Value + Math.Max(symbol.Size, 1)));
            }
        }

        return start < end ? (start, end) : (0, 0);
    }

    private static (byte[] Table, byte[] Names) Table(List<(KernelSymbol Symbol, short Section)> all)
    {
        MemoryStream table = new();
        MemoryStream names = new();
        Span<byte> entry = stackalloc byte[SymbolBytes];
        entry.Clear();
        table.Write(entry);
        names.WriteByte(0);
        foreach ((KernelSymbol symbol, short section) in all)
        {
            bool isCode = section == Text || (section == Modules && symbol.Type is 't' or 'T' or 'w' or 'W');
            BinaryPrimitives.WriteInt32LittleEndian(entry, (int)names.Length);
            entry[4] = (byte)((char.IsUpper(symbol.Type) ? 0x10 : 0) | (isCode ? 2 : 1));
            BinaryPrimitives.WriteInt16LittleEndian(entry[6..], section);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[8..], symbol.Address.Value);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[16..], symbol.Size);
            table.Write(entry);
            names.Write(Encoding.UTF8.GetBytes(symbol.Name));
            names.WriteByte(0);
        }

        return (table.ToArray(), names.ToArray());
    }

    private static void WriteHeader(Span<byte> file, int sectionsAt, ulong start)
    {
        const short Executable = 2, X86_64 = 62;
        ReadOnlySpan<byte> identity = [0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1];
        identity.CopyTo(file);
        BinaryPrimitives.WriteInt16LittleEndian(file[16..], Executable);
        BinaryPrimitives.WriteInt16LittleEndian(file[18..], X86_64);
        BinaryPrimitives.WriteInt32LittleEndian(file[20..], 1);
        BinaryPrimitives.WriteUInt64LittleEndian(file[24..], start);
        BinaryPrimitives.WriteInt64LittleEndian(file[40..], sectionsAt);
        BinaryPrimitives.WriteInt16LittleEndian(file[52..], HeaderBytes);
        BinaryPrimitives.WriteInt16LittleEndian(file[58..], SectionBytes);
        BinaryPrimitives.WriteInt16LittleEndian(file[60..], Sections);
        BinaryPrimitives.WriteInt16LittleEndian(file[62..], SectionNames);
    }

    private static void Section(
        Span<byte> file, int sectionsAt, int number, int name, int type, ulong flags, ulong address, int offset, ulong size, int link = 0, int info = 0, int entry = 0)
    {
        Span<byte> row = file.Slice(sectionsAt + (number * SectionBytes), SectionBytes);
        BinaryPrimitives.WriteInt32LittleEndian(row, name);
        BinaryPrimitives.WriteInt32LittleEndian(row[4..], type);
        BinaryPrimitives.WriteUInt64LittleEndian(row[8..], flags);
        BinaryPrimitives.WriteUInt64LittleEndian(row[16..], address);
        BinaryPrimitives.WriteInt64LittleEndian(row[24..], offset);
        BinaryPrimitives.WriteUInt64LittleEndian(row[32..], size);
        BinaryPrimitives.WriteInt32LittleEndian(row[40..], link);
        BinaryPrimitives.WriteInt32LittleEndian(row[44..], info);
        BinaryPrimitives.WriteInt64LittleEndian(row[48..], type == NoBits ? 16 : 1);
        BinaryPrimitives.WriteInt64LittleEndian(row[56..], entry);
    }
}
