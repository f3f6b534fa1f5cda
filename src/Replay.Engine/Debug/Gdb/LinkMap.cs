using System.Buffers.Binary;
using System.Security;
using System.Text;
using Guest.Linux.AddressSpaces;
using Guest.Linux.Memory;
using Guest.Machine;

namespace Replay.Engine.Debug.Gdb;

/// <summary>The libraries of a process as its dynamic linker lists them (<c>struct r_debug</c> and <c>struct link_map</c>, glibc's link.h), in the form that gdb asks for (GDB manual, G.3).</summary>
internal static class LinkMap
{
    /// <summary>The list of a process without libraries.</summary>
    internal const string Empty = "<library-list-svr4 version=\"1.0\"></library-list-svr4>";

    private const int MostLibraries = 4096, NameBytes = 4096, MostHeaders = 64, MostTags = 1024;
    private const ulong ProgramHeaders = 3, ProgramHeaderBytes = 4, ProgramHeaderCount = 5;
    private const uint Dynamic = 2, HeaderTable = 6;
    private const ulong DebugTag = 21;

    /// <summary>The list; empty for a program without a dynamic linker, or before that has begun.</summary>
    /// <param name="memory">The process's memory.</param>
    /// <param name="vector">Its auxiliary vector.</param>
    internal static string Of(AddressSpace memory, ReadOnlySpan<byte> vector)
    {
        ulong first = FirstEntry(memory, vector);
        StringBuilder xml = new("<library-list-svr4 version=\"1.0\"");
        xml.Append(first == 0 ? ">" : $" main-lm=\"0x{first:x}\">");
        ulong at = first;
        for (int i = 0; i < MostLibraries && at != 0 && TryWords(memory, at, 4, out ulong[] words); i++)
        {
            string? name = memory.ReadText(new GuestVirtual(words[1]), NameBytes);
            if (i > 0 && name is { Length: > 0 })
            {
                xml.Append($"<library name=\"{SecurityElement.Escape(GuestView.Printable(name))}\" lm=\"0x{at:x}\" l_addr=\"0x{words[0]:x}\" l_ld=\"0x{words[2]:x}\" lmid=\"0x0\"/>");
            }

            at = words[3];
        }

        return xml.Append("</library-list-svr4>").ToString();
    }

    // The program's own entry, which comes first.
    private static ulong FirstEntry(AddressSpace memory, ReadOnlySpan<byte> vector)
    {
        ulong table = Value(vector, ProgramHeaders);
        ulong size = Value(vector, ProgramHeaderBytes);
        ulong count = Math.Min(Value(vector, ProgramHeaderCount), MostHeaders);
        ulong bias = 0, dynamic = 0;
        for (ulong i = 0; i < count && TryWords(memory, unchecked(table + (i * size)), 3, out ulong[] header); i++)
        {
            uint kind = (uint)header[0];
            bias = kind == HeaderTable ? unchecked(table - header[2]) : bias;
            dynamic = kind == Dynamic ? header[2] : dynamic;
        }

        ulong tag = unchecked(bias + dynamic);
        for (int i = 0; i < MostTags && dynamic != 0 && TryWords(memory, tag, 2, out ulong[] words) && words[0] != 0; i++, tag += 16)
        {
            if (words[0] == DebugTag)
            {
                return words[1] != 0 && TryWords(memory, words[1], 2, out ulong[] debug) ? debug[1] : 0;
            }
        }

        return 0;
    }

    private static ulong Value(ReadOnlySpan<byte> vector, ulong type)
    {
        for (int at = 0; at + 16 <= vector.Length; at += 16)
        {
            if (BinaryPrimitives.ReadUInt64LittleEndian(vector[at..]) == type)
            {
                return BinaryPrimitives.ReadUInt64LittleEndian(vector[(at + 8)..]);
            }
        }

        return 0;
    }

    private static bool TryWords(AddressSpace memory, ulong address, int count, out ulong[] words)
    {
        byte[] bytes = new byte[count * 8];
        bool read = memory.TryRead(new GuestVirtual(address), bytes);
        words = [.. bytes.Chunk(8).Select(word => BinaryPrimitives.ReadUInt64LittleEndian(word))];
        return read;
    }
}
