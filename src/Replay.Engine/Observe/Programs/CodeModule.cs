using Guest.Linux;
using Guest.Linux.Elf;
using Guest.Linux.Files;
using Guest.Machine.State;

namespace Replay.Engine.Observe.Programs;

/// <summary>A file that code of programs is from, or what stands for one (<c>[vdso]</c>, <c>[anon]</c>).</summary>
/// <param name="number">Its number in its table.</param>
/// <param name="path">Its path as <c>/proc/PID/maps</c> has it.</param>
/// <param name="identity">What tells it from other files.</param>
public sealed class CodeModule(int number, string path, FileIdentity identity)
{
    /// <summary>What is said where there is no file.</summary>
    public const string NoFile = "[anon]";

    /// <summary>Its number in its table.</summary>
    public int Number { get; } = number;

    /// <summary>Its path.</summary>
    public string Path { get; } = path;

    /// <summary>What tells it from other files of the guest; all zero where there is no file.</summary>
    public FileIdentity Identity { get; } = identity;

    /// <summary>The file in the guest's memory; null without a replay.</summary>
    public GuestFile? File { get; internal set; }

    /// <summary>What of it is loaded where; empty where that is not known.</summary>
    public IReadOnlyList<ElfSegment> Segments { get; private set; } = [];

    /// <summary>Its functions by address; empty where they are not known.</summary>
    public IReadOnlyList<ElfFunction> Functions { get; private set; } = [];

    /// <summary>The address that the file itself gives to a place in it; the place where the file does not say.</summary>
    public ulong AddressOf(ulong fileOffset)
    {
        foreach (ElfSegment segment in Segments)
        {
            if (fileOffset - segment.FileOffset < segment.Length)
            {
                return unchecked(fileOffset - segment.FileOffset + segment.Address);
            }
        }

        return fileOffset;
    }

    /// <summary>The function that an address of the file belongs to; null where none does.</summary>
    public ElfFunction? FunctionAt(ulong address) => SortedAddresses.CountUpTo(Functions.Count, address, i => Functions[(int)i].Address) is > 0 and var count
        && Functions[(int)count - 1] is var found && (found.Size == 0 || address - found.Address < found.Size) ? found : null;

    /// <summary>Reads what the file says of itself, as far as it is in the guest's memory.</summary>
    internal void Read()
    {
        if (File is { } file && ElfFile.Read(file) is { } elf)
        {
            (Segments, Functions) = (elf.Segments, elf.Functions());
        }
    }

    /// <summary>Takes over what a later segment has read; nothing where that is less.</summary>
    internal void TakeOver(CodeModule next)
    {
        Segments = next.Segments.Count > 0 ? next.Segments : Segments;
        Functions = next.Functions.Count > 0 ? next.Functions : Functions;
    }

    /// <summary>Writes it.</summary>
    internal void Save(StateWriter writer)
    {
        StateText.Write(writer, Path);
        writer.WriteUInt32(Identity.Device);
        writer.WriteUInt64(Identity.Inode);
        writer.WriteUInt32(Identity.Generation);
        writer.WriteUInt64(Identity.Size);
        writer.WriteInt64(Identity.ModifiedSeconds);
        writer.WriteUInt32(Identity.ModifiedNanoseconds);
        writer.WriteInt32(Segments.Count);
        foreach (ElfSegment segment in Segments)
        {
            writer.WriteUInt64(segment.FileOffset);
            writer.WriteUInt64(segment.Address);
            writer.WriteUInt64(segment.Length);
        }

        writer.WriteInt32(Functions.Count);
        foreach (ElfFunction function in Functions)
        {
            writer.WriteUInt64(function.Address);
            writer.WriteUInt64(function.Size);
            StateText.Write(writer, function.Name);
        }
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    internal static CodeModule Load(StateReader reader, int number)
    {
        string path = StateText.Read(reader);
        FileIdentity identity = new(reader.ReadUInt32(), reader.ReadUInt64(), reader.ReadUInt32(), reader.ReadUInt64(), reader.ReadInt64(), reader.ReadUInt32());
        CodeModule module = new(number, path, identity);
        ElfSegment[] segments = new ElfSegment[reader.ReadIndex(ushort.MaxValue)];
        for (int i = 0; i < segments.Length; i++)
        {
            segments[i] = new ElfSegment(reader.ReadUInt64(), reader.ReadUInt64(), reader.ReadUInt64());
        }

        List<ElfFunction> functions = [];
        for (int left = reader.ReadIndex(int.MaxValue); left > 0; left--)
        {
            functions.Add(new ElfFunction(reader.ReadUInt64(), reader.ReadUInt64(), StateText.Read(reader)));
        }

        (module.Segments, module.Functions) = (segments, functions);
        return module;
    }
}
