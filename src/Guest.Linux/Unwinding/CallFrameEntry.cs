using Guest.Linux.Elf;
using Guest.Linux.Memory;
using Guest.Machine;

namespace Guest.Linux.Unwinding;

/// <summary>What a program says of the frames of one of its functions: an entry of .eh_frame with what it has in common with others (Linux Standard Base 5, 10.6; DWARF 4, 6.4).</summary>
/// <remarks>It is the guest's: whatever is not understood is no entry.</remarks>
internal sealed class CallFrameEntry
{
    private const uint MostBytes = 1 << 16;
    private const byte SizeMask = 0x0F, FromHere = 0x10, Omitted = 0xFF;

    /// <summary>The first address that it is for.</summary>
    internal ulong Start { get; private set; }

    /// <summary>Bytes from there.</summary>
    internal ulong Length { get; private set; }

    /// <summary>What locations advance by.</summary>
    internal ulong CodeUnit { get; private set; }

    /// <summary>What offsets count in.</summary>
    internal long DataUnit { get; private set; }

    /// <summary>Whether its caller was interrupted, rather than called it: a signal's handler returns to it.</summary>
    internal bool IsSignal { get; private set; }

    /// <summary>What is in force at <see cref="Start"/>.</summary>
    internal byte[] Common { get; private set; } = [];

    /// <summary>How that changes from there on.</summary>
    internal byte[] Changes { get; private set; } = [];

    /// <summary>Reads the entry at an address; null where there is none that is understood.</summary>
    internal static CallFrameEntry? Read(IVirtualMemory memory, ulong address)
    {
        if (!TryRead(memory, address, out byte[] bytes))
        {
            return null;
        }

        DwarfCursor cursor = new(bytes);
        uint back = cursor.U32();
        ulong at = address + sizeof(uint);
        CallFrameEntry entry = new();
        if (back == 0 || !entry.ReadCommon(memory, at - back, out byte encoding, out bool hasMore)
            || Pointer(ref cursor, encoding, at) is not { } start || Pointer(ref cursor, (byte)(encoding & SizeMask), at) is not { } length)
        {
            return null;
        }

        if (hasMore)
        {
            cursor.Skip(cursor.Uleb());
        }

        (entry.Start, entry.Length, entry.Changes) = (start, length, bytes[cursor.At..]);
        return cursor.IsOver ? null : entry;
    }

    private bool ReadCommon(IVirtualMemory memory, ulong address, out byte encoding, out bool hasMore)
    {
        (encoding, hasMore) = (0, false);
        if (!TryRead(memory, address, out byte[] bytes))
        {
            return false;
        }

        DwarfCursor cursor = new(bytes);
        bool isCommon = cursor.U32() == 0;
        byte version = cursor.U8();
        string more = cursor.Text();
        CodeUnit = cursor.Uleb();
        DataUnit = cursor.Sleb();
        ulong returnAddress = version == 1 ? cursor.U8() : cursor.Uleb();
        hasMore = more.StartsWith('z');
        if (!isCommon || version is not (1 or 3) || returnAddress != FrameRegisters.Rip || (more.Length > 0 && !hasMore))
        {
            return false;
        }

        if (hasMore)
        {
            ulong length = cursor.Uleb();
            ulong end = (ulong)cursor.At + length;
            ReadMore(ref cursor, more, address + sizeof(uint), ref encoding);
            cursor.GoTo(end);
        }

        Common = bytes[cursor.At..];
        return !cursor.IsOver;
    }

    private void ReadMore(ref DwarfCursor cursor, string more, ulong address, ref byte encoding)
    {
        foreach (char letter in more.AsSpan(1))
        {
            switch (letter)
            {
                case 'R':
                    encoding = cursor.U8();
                    break;
                case 'S':
                    IsSignal = true;
                    break;
                case 'P':
                    byte personality = cursor.U8();
                    _ = Pointer(ref cursor, (byte)(personality & 0x7F), address);
                    break;
                case 'L':
                    _ = cursor.U8();
                    break;
                case 'B':
                    break;
                default:
                    return;
            }
        }
    }

    // Without its length. Entries longer than 4 GB have another form, and none is.
    private static bool TryRead(IVirtualMemory memory, ulong address, out byte[] bytes)
    {
        bytes = [];
        if (!memory.TryRead(new GuestVirtual(address), out uint length) || length is 0 or > MostBytes)
        {
            return false;
        }

        bytes = new byte[length];
        return memory.TryRead(new GuestVirtual(address + sizeof(uint)), bytes);
    }

    // The cursor is at the beginning of what stands at an address.
    private static ulong? Pointer(ref DwarfCursor cursor, byte encoding, ulong address)
    {
        ulong here = address + (ulong)cursor.At;
        ulong? value = encoding == Omitted ? null : (encoding & SizeMask) switch
        {
            0 or 4 or 0xC => cursor.U64(),
            1 => cursor.Uleb(),
            2 => cursor.U16(),
            3 => cursor.U32(),
            9 => (ulong)cursor.Sleb(),
            0xA => (ulong)(short)cursor.U16(),
            0xB => (ulong)(int)cursor.U32(),
            _ => null,
        };
        return (encoding & ~SizeMask) switch
        {
            0 => value,
            FromHere => unchecked(value + here),
            _ => null,
        };
    }
}
