using System.Buffers.Binary;

namespace Analysis.Plugins.SystemCalls.Forms;

/// <summary>Arguments of calls about files.</summary>
internal static class Files
{
    private const uint Create = 0x40;
    private const uint Temporary = 0x41_0000;
    private const int StatBytes = 144;
    private const int VectorBytes = 16;

    /// <summary>How a file is opened.</summary>
    internal static readonly ArgumentForm Open = new(text => text.Add(OpenText((uint)text.Value)));

    /// <summary>The permissions of a new file; nothing where none is made.</summary>
    /// <param name="flags">Which argument says whether it is made.</param>
    internal static ArgumentForm CreateMode(int flags) => new(text =>
    {
        uint open = (uint)text.Argument(flags);
        if ((open & Create) != 0 || (open & Temporary) == Temporary)
        {
            text.AddOctal((uint)text.Value);
        }
    });

    /// <summary>The argument of a device's own call, where it has one.</summary>
    internal static readonly ArgumentForm DeviceValue = new(text => _ = text.Argument(1) is 0x5450 or 0x5451 or 0x5422 ? text : text.AddHex(text.Value));

    /// <summary>What stat() fills in: type, permissions and size or device.</summary>
    internal static readonly ArgumentForm Stat = new(AddStat, AtExit: true);

    /// <summary>Pieces of memory that the call reads.</summary>
    /// <param name="count">Which argument says how many.</param>
    internal static ArgumentForm Vector(int count) => new(text => AddVector(text, text.Value, text.Argument(count), ulong.MaxValue));

    /// <summary>Pieces of memory that the call filled in.</summary>
    /// <param name="count">Which argument says how many.</param>
    internal static ArgumentForm VectorOut(int count) => new(text => AddVector(text, text.Value, text.Argument(count), (ulong)Math.Max(0, text.Result ?? 0)), AtExit: true);

    /// <summary>What fcntl() does.</summary>
    internal static readonly ArgumentForm FcntlValue = new(AddFcntl);

    /// <summary>Entries of a folder, of which the number is shown.</summary>
    internal static readonly ArgumentForm Entries = new(AddEntries, AtExit: true);

    /// <summary>Writes how a file is opened.</summary>
    internal static string OpenText(uint flags) => Constants.OpenMode.Name(flags & 3) + ((flags & ~3u) == 0 ? string.Empty : "|" + Constants.Open.Bits(flags & ~3u));

    /// <summary>Writes pieces of memory.</summary>
    internal static void AddVector(ArgumentText text, ulong address, ulong count, ulong filled)
    {
        byte[] vectors = new byte[VectorBytes * (int)Math.Min(count, (ulong)text.Most)];
        if (!text.Is64 || !text.TryRead(address, vectors))
        {
            text.AddPointer(address);
            return;
        }

        text.Add("[");
        for (int at = 0; at < vectors.Length; at += VectorBytes)
        {
            ulong length = BinaryPrimitives.ReadUInt64LittleEndian(vectors.AsSpan(at + 8));
            ulong shown = Math.Min(length, filled);
            filled -= filled == ulong.MaxValue ? 0 : shown;
            text.Add(at == 0 ? "{iov_base=" : ", {iov_base=");
            Texts.AddBuffer(text, BinaryPrimitives.ReadUInt64LittleEndian(vectors.AsSpan(at)), shown);
            text.Add(", iov_len=").AddUnsigned(length).Add("}");
        }

        text.Add((ulong)text.Most < count ? ", ...]" : "]");
    }

    private static void AddStat(ArgumentText text)
    {
        if (!text.Is64)
        {
            text.AddPointer(text.Value);
        }
        else if (text.ReadOrPointer(text.Value, StatBytes) is { } stat)
        {
            uint mode = BinaryPrimitives.ReadUInt32LittleEndian(stat.AsSpan(24));
            text.Add("{st_mode=").Add(Constants.FileType.Name(mode & 0xF000)).Add("|");
            Numbers.AddMode(text, mode & 0xFFF);
            ulong device = BinaryPrimitives.ReadUInt64LittleEndian(stat.AsSpan(40));
            _ = (mode & 0xF000) is 0x2000 or 0x6000
                ? text.Add(", st_rdev=makedev(").AddHex((device >> 8) & 0xFFF).Add(", ").AddHex((device & 0xFF) | ((device >> 12) & 0xFFF00)).Add(")")
                : text.Add(", st_size=").Add(BinaryPrimitives.ReadInt64LittleEndian(stat.AsSpan(48)));
            text.Add(", ...}");
        }
    }

    private static void AddFcntl(ArgumentText text)
    {
        switch (text.Argument(1))
        {
            case 0 or 0x406 or 8 or 10 or 0x400 or 0x407:
                text.Add((int)text.Value);
                break;
            case 1 or 3 or 9 or 11 or 0x401 or 0x408 or 0x40a:
                break;
            case 2:
                text.Add(Constants.DescriptorFlags.Bits((uint)text.Value));
                break;
            case 4:
                text.Add(OpenText((uint)text.Value));
                break;
            default:
                text.AddPointer(text.Value);
                break;
        }
    }

    private static void AddEntries(ArgumentText text)
    {
        text.AddPointer(text.Value);
        int length = (int)Math.Clamp(text.Result ?? 0, 0, 1 << 20);
        byte[] entries = new byte[length];
        if (Errno.Is(text.Result ?? 0) || (length > 0 && !text.TryRead(text.Value, entries)))
        {
            return;
        }

        int count = 0;
        for (int at = 0, size; at + 18 <= length; at += size)
        {
            size = Math.Max((ushort)18, BinaryPrimitives.ReadUInt16LittleEndian(entries.AsSpan(at + 16)));
            count++;
        }

        text.Add(" /* ").Add(count).Add(count == 1 ? " entry */" : " entries */");
    }
}
