using System.Buffers.Binary;
using System.Text;
using Guest.Linux.Files;

namespace Guest.Linux.Elf;

/// <summary>A 64-bit program or library of the guest (System V ABI, chapters 4 and 5), as far as its bytes are in the guest's memory. Its content is the guest's: every number in it is checked.</summary>
public sealed class ElfFile
{
    private const int HeaderBytes = 64;
    private const int SectionBytes = 64;
    private const int SegmentBytes = 56;
    private const int SymbolBytes = 24;
    private const int MostHeaders = 4096;
    private const ulong MostBytes = 256 << 20;
    private const uint Loaded = 1;
    private const uint SymbolTable = 2;
    private const uint DynamicSymbols = 11;

    private readonly GuestFile _file;
    private readonly List<Section> _sections = [];

    private ElfFile(GuestFile file) => _file = file;

    /// <summary>What is loaded, in the file's order.</summary>
    public IReadOnlyList<ElfSegment> Segments { get; private set; } = [];

    /// <summary>Reads the headers of a file.</summary>
    /// <returns>Null where it is no ELF file of 64 bits, or its headers are not in memory.</returns>
    public static ElfFile? Read(GuestFile file)
    {
        byte[] header = new byte[HeaderBytes];
        if (!file.TryRead(0, header) || !IsElf(header))
        {
            return null;
        }

        ElfFile elf = new(file);
        bool read = elf.TryReadSegments(BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(32)), BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(56)));
        if (read)
        {
            elf.ReadSections(
                BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(40)),
                BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(60)),
                BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(62)));
        }

        return read ? elf : null;
    }

    /// <summary>Whether a file that begins like this is an ELF file of 64 bits, little-endian.</summary>
    internal static bool IsElf(ReadOnlySpan<byte> header) => header.StartsWith((ReadOnlySpan<byte>)[0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1]);

    /// <summary>The bytes of a section; null where there is none, it is compressed, or not all of it is in memory.</summary>
    public byte[]? SectionOf(string name) => _sections.Find(each => each.Name == name) is { Length: > 0, IsCompressed: false } section ? Bytes(section) : null;

    /// <summary>Where a section is loaded; null where there is none.</summary>
    public (ulong Address, ulong Length)? PlaceOf(string name) => _sections.Find(each => each.Name == name) is { Length: > 0 } section ? (section.Address, section.Length) : null;

    /// <summary>The functions of the full symbol table, or else of the one for dynamic linking, by address; none where neither is in memory.</summary>
    public IReadOnlyList<ElfFunction> Functions()
    {
        foreach (uint kind in (ReadOnlySpan<uint>)[SymbolTable, DynamicSymbols])
        {
            if (_sections.Find(each => each.Type == kind) is { } table && table.Link < _sections.Count && Bytes(table) is { } symbols && Bytes(_sections[table.Link]) is { } names)
            {
                return Functions(symbols, names);
            }
        }

        return [];
    }

    private static ElfFunction[] Functions(byte[] symbols, byte[] names)
    {
        List<ElfFunction> found = [];
        for (int at = SymbolBytes; at + SymbolBytes <= symbols.Length; at += SymbolBytes)
        {
            ReadOnlySpan<byte> symbol = symbols.AsSpan(at, SymbolBytes);
            bool isFunction = (symbol[4] & 15) is 2 or 10; // STT_FUNC, STT_GNU_IFUNC
            bool isDefined = BinaryPrimitives.ReadUInt16LittleEndian(symbol[6..]) != 0;
            if (isFunction && isDefined && TextAt(names, BinaryPrimitives.ReadUInt32LittleEndian(symbol)) is { Length: > 0 } name)
            {
                found.Add(new ElfFunction(BinaryPrimitives.ReadUInt64LittleEndian(symbol[8..]), BinaryPrimitives.ReadUInt64LittleEndian(symbol[16..]), name));
            }
        }

        // Of several names of one place the shortest, and of those the first by letter.
        return [.. found.OrderBy(each => each.Address).ThenBy(each => each.Name.Length).ThenBy(each => each.Name, StringComparer.Ordinal).DistinctBy(each => each.Address)];
    }

    private bool TryReadSegments(ulong offset, int count)
    {
        byte[] headers = new byte[Math.Min(count, MostHeaders) * SegmentBytes];
        if (!_file.TryRead(offset, headers))
        {
            return false;
        }

        List<ElfSegment> loaded = [];
        for (int at = 0; at < headers.Length; at += SegmentBytes)
        {
            ReadOnlySpan<byte> segment = headers.AsSpan(at, SegmentBytes);
            if (BinaryPrimitives.ReadUInt32LittleEndian(segment) == Loaded)
            {
                loaded.Add(new ElfSegment(
                    BinaryPrimitives.ReadUInt64LittleEndian(segment[8..]), BinaryPrimitives.ReadUInt64LittleEndian(segment[16..]), BinaryPrimitives.ReadUInt64LittleEndian(segment[32..])));
            }
        }

        Segments = loaded;
        return true;
    }

    private void ReadSections(ulong offset, int count, int names)
    {
        byte[] headers = new byte[Math.Min(count, MostHeaders) * SectionBytes];
        if (offset == 0 || !_file.TryRead(offset, headers))
        {
            return;
        }

        for (int at = 0; at < headers.Length; at += SectionBytes)
        {
            ReadOnlySpan<byte> section = headers.AsSpan(at, SectionBytes);
            _sections.Add(new Section(
                BinaryPrimitives.ReadUInt32LittleEndian(section),
                BinaryPrimitives.ReadUInt32LittleEndian(section[4..]),
                (BinaryPrimitives.ReadUInt64LittleEndian(section[8..]) & 0x800) != 0, // SHF_COMPRESSED
                BinaryPrimitives.ReadUInt64LittleEndian(section[16..]),
                BinaryPrimitives.ReadUInt64LittleEndian(section[24..]),
                BinaryPrimitives.ReadUInt64LittleEndian(section[32..]),
                BinaryPrimitives.ReadInt32LittleEndian(section[40..])));
        }

        if (names < _sections.Count && Bytes(_sections[names]) is { } texts)
        {
            _sections.ForEach(section => section.Name = TextAt(texts, section.NameAt) ?? string.Empty);
        }
    }

    private byte[]? Bytes(Section section)
    {
        const uint NoBits = 8;
        if (section.Type == NoBits || section.Length > MostBytes || section.Offset > _file.Size || section.Length > _file.Size - section.Offset)
        {
            return null;
        }

        byte[] bytes = new byte[section.Length];
        return _file.TryRead(section.Offset, bytes) ? bytes : null;
    }

    private static string? TextAt(byte[] texts, uint at)
    {
        if (at >= (uint)texts.Length)
        {
            return null;
        }

        ReadOnlySpan<byte> rest = texts.AsSpan((int)at);
        int end = rest.IndexOf((byte)0);
        return end < 0 ? null : Encoding.UTF8.GetString(rest[..end]);
    }

    private sealed class Section(uint nameAt, uint type, bool isCompressed, ulong address, ulong offset, ulong length, int link)
    {
        public uint NameAt { get; } = nameAt;

        public string Name { get; set; } = string.Empty;

        public uint Type { get; } = type;

        public bool IsCompressed { get; } = isCompressed;

        public ulong Address { get; } = address;

        public ulong Offset { get; } = offset;

        public ulong Length { get; } = length;

        // A negative number is no section's.
        public int Link { get; } = link < 0 ? int.MaxValue : link;
    }
}
