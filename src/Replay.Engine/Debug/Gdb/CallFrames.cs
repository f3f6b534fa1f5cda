using System.Buffers.Binary;
using Guest.Linux.Unwinding;

namespace Replay.Engine.Debug.Gdb;

/// <summary>The kernel's own tables of frames (ORC) as a <c>.debug_frame</c> section (DWARF 4, section 6.4), so that gdb finds callers in the kernel, through interrupts and system calls, and down to the program.</summary>
/// <remarks>The tables know nothing of RBX and R12 to R15 in callers: these are said to be unknown there.</remarks>
internal static class CallFrames
{
    // Rows that share an entry: gdb executes those before the one it looks for.
    private const int MostRows = 32;
    private const int Rdx = 1, Rdi = 5, Rbp = 6, Rsp = 7, R10 = 10, R13 = 13, ReturnAddress = 16;
    private const byte DefineCfa = 0x0C, DefineCfaExpression = 0x0F, Undefined = 0x07, SameValue = 0x08, Expression = 0x10, OffsetSigned = 0x11, Offset = 0x80;
    private const byte Advance = 0x40, Advance1 = 0x02, Advance2 = 0x03, Advance4 = 0x04;
    private const byte OperatorBase = 0x70, OperatorDereference = 0x06, OperatorAdd = 0x23;
    private const int WordBytes = 8;

    // Places of DWARF's registers 0 to 16 in struct pt_regs, in words: RAX, RDX, RCX, RBX, RSI, RDI, RBP, RSP, R8 to R15, RIP.
    private static readonly byte[] s_saved = [10, 12, 11, 5, 13, 14, 4, 19, 9, 8, 7, 6, 3, 2, 1, 0, 16];

    /// <summary>Writes the section.</summary>
    /// <param name="tables">Rows in the order of addresses, a list for each piece of code; where each piece's last row begins, nothing is known any more.</param>
    internal static byte[] Make(IEnumerable<IReadOnlyList<OrcRow>> tables)
    {
        MemoryStream section = new();
        long[] kinds = [.. new[] { OrcFrame.None, OrcFrame.Call, OrcFrame.Registers, OrcFrame.Interrupt }.Select(frame => WriteCommon(section, frame))];
        foreach (IReadOnlyList<OrcRow> rows in tables)
        {
            for (int first = 0; first < rows.Count - 1;)
            {
                int next = first + 1;
                while (next < rows.Count - 1 && next - first < MostRows && rows[next].Frame == rows[first].Frame)
                {
                    next++;
                }

                WriteRows(section, kinds[(int)rows[first].Frame], rows, first, next);
                first = next;
            }
        }

        return section.ToArray();
    }

    // What holds for all rows of one kind.
    private static long WriteCommon(MemoryStream section, OrcFrame frame)
    {
        bool isInterrupted = frame is OrcFrame.Registers or OrcFrame.Interrupt;
        MemoryStream entry = new();
        entry.Write([0xFF, 0xFF, 0xFF, 0xFF, 1]);
        entry.Write(isInterrupted ? "zS\0"u8 : "z\0"u8);
        Unsigned(entry, 1);
        Signed(entry, WordBytes);
        entry.Write([ReturnAddress, 0, DefineCfa, Rsp, WordBytes]);
        switch (frame)
        {
            case OrcFrame.None:
                entry.Write([Undefined, ReturnAddress]);
                break;
            case OrcFrame.Call:
                entry.Write([OffsetSigned, ReturnAddress]);
                Signed(entry, -1);
                for (byte register = 0; register < ReturnAddress; register++)
                {
                    if (register is not (Rbp or Rsp))
                    {
                        entry.Write([Undefined, register]);
                    }
                }

                break;
            case OrcFrame.Registers:
                for (int register = 0; register < s_saved.Length; register++)
                {
                    entry.Write([(byte)(Offset | register), s_saved[register]]);
                }

                break;
            default:
                for (byte register = 0; register < ReturnAddress; register++)
                {
                    entry.Write([SameValue, register]);
                }

                entry.Write([Offset | ReturnAddress, 0, Offset | Rsp, 3]);
                break;
        }

        return Append(section, entry);
    }

    private static void WriteRows(MemoryStream section, long common, IReadOnlyList<OrcRow> rows, int first, int next)
    {
        MemoryStream entry = new();
        Span<byte> head = stackalloc byte[20];
        BinaryPrimitives.WriteInt32LittleEndian(head, (int)common);
        BinaryPrimitives.WriteUInt64LittleEndian(head[4..], rows[first].Address);
        BinaryPrimitives.WriteUInt64LittleEndian(head[12..], rows[next].Address - rows[first].Address);
        entry.Write(head);
        entry.WriteByte(0);
        for (int i = first; i < next; i++)
        {
            OrcRow row = rows[i];
            OrcRow? last = i == first ? null : rows[i - 1];
            if (last is { } before)
            {
                WriteAdvance(entry, row.Address - before.Address);
            }

            if (row.Frame != OrcFrame.None && (last?.StackBase != row.StackBase || last?.StackOffset != row.StackOffset))
            {
                WriteBase(entry, row);
            }

            if (row.Frame is OrcFrame.Call or OrcFrame.Interrupt && (last?.FrameBase != row.FrameBase || last?.FrameOffset != row.FrameOffset))
            {
                WriteFramePointer(entry, row);
            }
        }

        Append(section, entry);
    }

    private static void WriteAdvance(MemoryStream entry, ulong bytes)
    {
        Span<byte> long4 = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(long4, (uint)bytes);
        switch (bytes)
        {
            case 0:
                break;
            case < 0x40:
                entry.WriteByte((byte)(Advance | bytes));
                break;
            case <= 0xFF:
                entry.Write([Advance1, (byte)bytes]);
                break;
            case <= 0xFFFF:
                entry.Write([Advance2, long4[0], long4[1]]);
                break;
            default:
                entry.WriteByte(Advance4);
                entry.Write(long4);
                break;
        }
    }

    private static void WriteBase(MemoryStream entry, in OrcRow row)
    {
        (byte register, bool isOffset) = row.StackBase switch
        {
            OrcBase.Rdx => ((byte)Rdx, false),
            OrcBase.Rdi => ((byte)Rdi, false),
            OrcBase.R10 => ((byte)R10, false),
            OrcBase.R13 => ((byte)R13, false),
            OrcBase.Rbp or OrcBase.AtRbp => ((byte)Rbp, true),
            _ => ((byte)Rsp, true),
        };
        int offset = isOffset ? row.StackOffset : 0;
        if (row.StackBase is not (OrcBase.AtRbp or OrcBase.AtRsp) && offset >= 0)
        {
            entry.Write([DefineCfa, register]);
            Unsigned(entry, (uint)offset);
            return;
        }

        MemoryStream block = new();
        block.WriteByte((byte)(OperatorBase + register));
        Signed(block, row.StackBase == OrcBase.AtRsp ? 0 : offset);
        if (row.StackBase is OrcBase.AtRbp or OrcBase.AtRsp)
        {
            block.WriteByte(OperatorDereference);
        }

        if (row.StackBase == OrcBase.AtRsp)
        {
            // Behind what was read there: the offset, which may be negative, as an unsigned word.
            block.WriteByte(OperatorAdd);
            Unsigned(block, unchecked((ulong)(long)offset));
        }

        entry.WriteByte(DefineCfaExpression);
        Block(entry, block);
    }

    private static void WriteFramePointer(MemoryStream entry, in OrcRow row)
    {
        if (row.FrameBase == OrcBase.Frame && row.FrameOffset % WordBytes == 0)
        {
            entry.Write([OffsetSigned, Rbp]);
            Signed(entry, row.FrameOffset / WordBytes);
        }
        else if (row.FrameBase == OrcBase.Rbp)
        {
            MemoryStream block = new();
            block.WriteByte(OperatorBase + Rbp);
            Signed(block, row.FrameOffset);
            entry.Write([Expression, Rbp]);
            Block(entry, block);
        }
        else
        {
            entry.Write([row.FrameBase == OrcBase.Undefined ? SameValue : Undefined, Rbp]);
        }
    }

    private static void Block(MemoryStream entry, MemoryStream block)
    {
        Unsigned(entry, (ulong)block.Length);
        block.WriteTo(entry);
    }

    // With its length in front, a multiple of 8 with it, filled up with DW_CFA_nop. Returns where it begins.
    private static long Append(MemoryStream section, MemoryStream entry)
    {
        long start = section.Length;
        while ((entry.Length + 4) % WordBytes != 0)
        {
            entry.WriteByte(0);
        }

        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, (int)entry.Length);
        section.Write(length);
        entry.WriteTo(section);
        return start;
    }

    // LEB128.
    private static void Unsigned(MemoryStream to, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            to.WriteByte((byte)(value | 0x80));
        }

        to.WriteByte((byte)value);
    }

    private static void Signed(MemoryStream to, long value)
    {
        for (; value is < -64 or > 63; value >>= 7)
        {
            to.WriteByte((byte)(value | 0x80));
        }

        to.WriteByte((byte)(value & 0x7F));
    }
}
