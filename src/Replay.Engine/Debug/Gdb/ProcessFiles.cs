using System.Buffers.Binary;
using System.Globalization;
using Guest.Linux;
using Guest.Linux.AddressSpaces;
using Guest.Linux.Files;
using Guest.Linux.Tasks;
using Guest.Machine;

namespace Replay.Engine.Debug.Gdb;

/// <summary>The program of a process of the guest and its libraries, read from the guest's own memory: what gdb takes symbols from.</summary>
/// <remarks>Parts of a file that the guest has not read are zeros here: a program on a disk may lack its symbols.</remarks>
/// <param name="guest">The guest.</param>
/// <param name="process">The process.</param>
internal sealed class ProcessFiles(GuestView guest, ProcessFilter process)
{
    private const int PageBytes = 0x1000, MostBytes = 256 << 20;
    private const int HeaderBytes = 64, ProgramHeaderBytes = 56, MostProgramHeaders = 64;
    private const ushort SharedObject = 3;
    private const uint Load = 1;

    /// <summary>gdb's commands that read their symbols where they are loaded, a line each.</summary>
    internal string Commands() => string.Concat(Programs().Select(program =>
        string.Create(CultureInfo.InvariantCulture, $"add-symbol-file target:{GuestView.Printable(program.File.Path)} -o 0x{program.Bias:x}\n")));

    /// <summary>The path of the chosen process's program; null where no process was chosen, or it has none now.</summary>
    internal string? Program() => process.Find() is { } task && guest.AuxiliaryVectorOf(task) is not null ? Programs().FirstOrDefault().File?.Path : null;

    /// <summary>The chosen process's libraries as its dynamic linker lists them; an empty list where there is none.</summary>
    internal string Libraries() => process.Find() is { } task && guest.MemoryOf(task) is { } memory && guest.AuxiliaryVectorOf(task) is { } vector
        ? LinkMap.Of(memory, vector)
        : LinkMap.Empty;

    /// <summary>The content of one of these files; null for any other path. Programs name their libraries by symbolic links: a file of the same name serves, too.</summary>
    internal byte[]? Find(string path)
    {
        List<(GuestFile File, ulong Bias)> programs = Programs();
        GuestFile? file = programs.Find(program => program.File.Path == path).File ?? programs.Find(program => NameOf(program.File.Path) == NameOf(path)).File;
        return file is null ? null : Read(file);
    }

    private static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];

    private List<(GuestFile File, ulong Bias)> Programs()
    {
        List<(GuestFile, ulong)> programs = [];
        try
        {
            if (guest.Kernel is { } kernel && (process.IsRestricted ? process.Find() : guest.CurrentTask()) is { } task && kernel.AddressSpaces.Of(task) is { } memory)
            {
                MappedArea[] areas = [.. memory.Areas().Items.Where(area => area.File is not null)];
                HashSet<string> withCode = [.. areas.Where(area => area.Rights.HasFlag(AreaRights.Execute)).Select(area => area.File!.Path)];
                programs.AddRange(areas.Where(area => area.FileOffset == 0 && withCode.Remove(area.File!.Path)).Select(area => (area.File!, BiasOf(memory, area.Start))));
            }
        }
        catch (ReplayKitException)
        {
            // A kernel whose structures are not known does not say what its processes run.
            programs.Clear();
        }

        return programs;
    }

    // How far from the addresses in the file the program stands (System V ABI, chapter 5).
    private static ulong BiasOf(AddressSpace memory, GuestVirtual start)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        if (!memory.TryRead(start, header) || BinaryPrimitives.ReadUInt16LittleEndian(header[16..]) != SharedObject)
        {
            return 0;
        }

        ulong table = BinaryPrimitives.ReadUInt64LittleEndian(header[32..]);
        int count = Math.Min((int)BinaryPrimitives.ReadUInt16LittleEndian(header[56..]), MostProgramHeaders);
        Span<byte> row = stackalloc byte[ProgramHeaderBytes];
        for (int i = 0; i < count; i++)
        {
            bool read = memory.TryRead(new GuestVirtual(unchecked(start.Value + table + (ulong)(i * ProgramHeaderBytes))), row);
            if (read && BinaryPrimitives.ReadUInt32LittleEndian(row) == Load)
            {
                return unchecked(start.Value - (BinaryPrimitives.ReadUInt64LittleEndian(row[16..]) & ~(ulong)(PageBytes - 1)));
            }
        }

        return start.Value;
    }

    private static byte[]? Read(GuestFile file)
    {
        if (file.Size > MostBytes)
        {
            return null;
        }

        byte[] content = new byte[file.Size];
        for (int at = 0; at < content.Length; at += PageBytes)
        {
            Span<byte> page = content.AsSpan(at, Math.Min(PageBytes, content.Length - at));
            if (!file.TryRead((ulong)at, page))
            {
                page.Clear();
            }
        }

        return content;
    }
}
