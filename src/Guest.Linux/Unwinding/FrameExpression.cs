using Guest.Linux.Elf;
using Guest.Linux.Memory;
using Guest.Machine;

namespace Guest.Linux.Unwinding;

/// <summary>Evaluates the expressions of call frame information (DWARF 4, 2.5): a little stack machine, over registers and memory.</summary>
internal static class FrameExpression
{
    private const int MostSteps = 1000, MostDepth = 64;

    /// <summary>The value of an expression; null where it is not understood, or asks for what is not known.</summary>
    internal static ulong? Evaluate(ReadOnlySpan<byte> expression, FrameRegisters registers, IVirtualMemory memory, ulong? first)
    {
        DwarfCursor cursor = new(expression);
        Span<ulong> stack = stackalloc ulong[MostDepth + 2];
        int depth = 0;
        if (first is { } pushed)
        {
            stack[depth++] = pushed;
        }

        for (int step = 0; !cursor.AtEnd; step++)
        {
            byte code = cursor.U8();
            if (step == MostSteps || depth >= MostDepth || depth < Needed(code) || !TryStep(code, ref cursor, stack, ref depth, registers, memory))
            {
                return null;
            }
        }

        return depth > 0 && !cursor.IsOver ? stack[depth - 1] : null;
    }

    // What an operation takes off the stack.
    private static int Needed(byte code) => code switch
    {
        0x12 or 0x13 or 0x06 or 0x19 or 0x1F or 0x20 or 0x23 or 0x28 => 1,
        0x14 or 0x16 or (>= 0x1A and <= 0x1E) or 0x21 or 0x22 or (>= 0x24 and <= 0x27) or (>= 0x29 and <= 0x2E) => 2,
        0x17 => 3,
        _ => 0,
    };

    private static bool TryStep(byte code, ref DwarfCursor cursor, scoped Span<ulong> stack, ref int depth, FrameRegisters registers, IVirtualMemory memory)
    {
        switch (code)
        {
            case >= 0x30 and <= 0x4F: // DW_OP_lit0 to 31
                stack[depth++] = (ulong)(code - 0x30);
                return true;
            case >= 0x70 and <= 0x8F or 0x92: // DW_OP_breg0 to 31, bregx
                int register = code == 0x92 ? (int)Math.Min(cursor.Uleb(), FrameRegisters.Count) : code - 0x70;
                long offset = cursor.Sleb();
                stack[depth++] = unchecked(registers[register].GetValueOrDefault() + (ulong)offset);
                return registers[register] is not null;
            case 0x03 or (>= 0x08 and <= 0x11): // DW_OP_addr, const
                stack[depth++] = Constant(code, ref cursor);
                return true;
            case 0x06: // DW_OP_deref
                return memory.TryRead(new GuestVirtual(stack[depth - 1]), out stack[depth - 1]);
            case 0x23: // DW_OP_plus_uconst
                stack[depth - 1] = unchecked(stack[depth - 1] + cursor.Uleb());
                return true;
            case 0x2F: // DW_OP_skip
                return TrySkip(ref cursor);
            case 0x28: // DW_OP_bra
                return stack[--depth] != 0 ? TrySkip(ref cursor) : cursor.U16() >= 0;
            case 0x15: // DW_OP_pick
                int index = cursor.U8();
                stack[depth] = index < depth ? stack[depth - 1 - index] : 0;
                return index < depth++;
            case 0x96: // DW_OP_nop
                return true;
            default:
                return TryShuffle(code, stack, ref depth) || TryCompute(code, stack, ref depth);
        }
    }

    private static bool TrySkip(ref DwarfCursor cursor)
    {
        int to = (short)cursor.U16();
        to += cursor.At;
        cursor.GoTo(to < 0 ? ulong.MaxValue : (ulong)to);
        return !cursor.IsOver;
    }

    private static ulong Constant(byte code, ref DwarfCursor cursor) => code switch
    {
        0x08 => cursor.U8(),
        0x09 => (ulong)(sbyte)cursor.U8(),
        0x0A => cursor.U16(),
        0x0B => (ulong)(short)cursor.U16(),
        0x0C => cursor.U32(),
        0x0D => (ulong)(int)cursor.U32(),
        0x10 => cursor.Uleb(),
        0x11 => (ulong)cursor.Sleb(),
        _ => cursor.U64(),
    };

    private static bool TryShuffle(byte code, Span<ulong> stack, ref int depth)
    {
        switch (code)
        {
            case 0x12: // DW_OP_dup
                stack[depth] = stack[depth - 1];
                depth++;
                return true;
            case 0x13: // DW_OP_drop
                depth--;
                return true;
            case 0x14: // DW_OP_over
                stack[depth] = stack[depth - 2];
                depth++;
                return true;
            case 0x16: // DW_OP_swap
                (stack[depth - 1], stack[depth - 2]) = (stack[depth - 2], stack[depth - 1]);
                return true;
            case 0x17: // DW_OP_rot
                (stack[depth - 1], stack[depth - 2], stack[depth - 3]) = (stack[depth - 2], stack[depth - 3], stack[depth - 1]);
                return true;
            default:
                return false;
        }
    }

    private static bool TryCompute(byte code, Span<ulong> stack, ref int depth)
    {
        ulong last = depth > 0 ? stack[depth - 1] : 0;
        if (code is 0x19 or 0x1F or 0x20)
        {
            stack[depth - 1] = unchecked(code == 0x20 ? ~last : code == 0x1F || (long)last < 0 ? 0 - last : last);
            return true;
        }

        ulong before = depth > 1 ? stack[depth - 2] : 0;
        ulong? result = unchecked(code switch
        {
            0x1A => before & last,
            0x1B => last == 0 || (last == ulong.MaxValue && before == 1UL << 63) ? null : (ulong)((long)before / (long)last),
            0x1C => before - last,
            0x1D => last == 0 ? null : before % last,
            0x1E => before * last,
            0x21 => before | last,
            0x22 => before + last,
            0x24 => last < 64 ? before << (int)last : 0,
            0x25 => last < 64 ? before >> (int)last : 0,
            0x26 => (ulong)((long)before >> (int)Math.Min(last, 63)),
            0x27 => before ^ last,
            0x29 => Flag(before == last),
            0x2A => Flag((long)before >= (long)last),
            0x2B => Flag((long)before > (long)last),
            0x2C => Flag((long)before <= (long)last),
            0x2D => Flag((long)before < (long)last),
            0x2E => Flag(before != last),
            _ => (ulong?)null,
        });
        depth--;
        stack[Math.Max(depth - 1, 0)] = result.GetValueOrDefault();
        return result is not null;
    }

    private static ulong Flag(bool value) => value ? 1UL : 0;
}
