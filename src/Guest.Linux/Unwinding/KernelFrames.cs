using System.Buffers.Binary;
using Guest.Linux.Memory;
using Guest.Machine;

namespace Guest.Linux.Unwinding;

/// <summary>Finds the caller of a frame in the kernel, as its own unwinder does (arch/x86/kernel/unwind_orc.c).</summary>
internal sealed class KernelFrames(LinuxKernel kernel)
{
    private const int WordBytes = 8, SavedWords = 21;

    // Where DWARF's registers 0 to 16 are in struct pt_regs, in words.
    private static readonly byte[] s_saved = [10, 12, 11, 5, 13, 14, 4, 19, 9, 8, 7, 6, 3, 2, 1, 0, 16];
    private readonly OrcReader _rows = new(kernel);

    /// <summary>The registers of the caller; null where there is none, or it cannot be found.</summary>
    /// <param name="registers">Those of the frame.</param>
    /// <param name="isExact">Whether its instruction was interrupted.</param>
    /// <param name="frame">What lies between the two; none where the frame is a thread's first, or nothing is known of it.</param>
    internal FrameRegisters? CallerOf(FrameRegisters registers, bool isExact, out OrcFrame frame)
    {
        frame = OrcFrame.None;
        if (registers[FrameRegisters.Rip] is not { } ip || _rows.At(isExact ? ip : ip - 1) is not { Frame: not OrcFrame.None } row || BaseOf(row, registers) is not { } at)
        {
            return null;
        }

        frame = row.Frame;
        return row.Frame switch
        {
            OrcFrame.Registers => Saved(at),
            OrcFrame.Interrupt => Interrupted(row, registers, at),
            _ => Called(row, registers, at),
        };
    }

    private ulong? BaseOf(in OrcRow row, FrameRegisters registers)
    {
        ulong offset = unchecked((ulong)row.StackOffset);
        return unchecked(row.StackBase switch
        {
            OrcBase.Rsp => registers[FrameRegisters.Rsp] + offset,
            OrcBase.Rbp => registers[FrameRegisters.Rbp] + offset,
            OrcBase.AtRsp => Word(registers[FrameRegisters.Rsp]) + offset,
            OrcBase.AtRbp => Word(registers[FrameRegisters.Rbp] + offset),
            OrcBase.R10 => registers[FrameRegisters.R10],
            OrcBase.R13 => registers[FrameRegisters.R13],
            OrcBase.Rdi => registers[FrameRegisters.Rdi],
            OrcBase.Rdx => registers[FrameRegisters.Rdx],
            _ => null,
        });
    }

    // The tables say nothing of the other registers.
    private FrameRegisters? Called(in OrcRow row, FrameRegisters registers, ulong at) => Word(at - WordBytes) is { } ip
        ? new FrameRegisters { [FrameRegisters.Rip] = ip, [FrameRegisters.Rsp] = at, [FrameRegisters.Rbp] = FramePointer(row, registers, at) }
        : null;

    private FrameRegisters? Interrupted(in OrcRow row, FrameRegisters registers, ulong at)
    {
        FrameRegisters before = registers.Copy();
        (before[FrameRegisters.Rip], before[FrameRegisters.Rsp], before[FrameRegisters.Rbp]) = (Word(at), Word(at + (3 * WordBytes)), FramePointer(row, registers, at));
        return before[FrameRegisters.Rip] is null || before[FrameRegisters.Rsp] is null ? null : before;
    }

    private FrameRegisters? Saved(ulong at)
    {
        byte[] bytes = new byte[SavedWords * WordBytes];
        if (!kernel.Memory.TryRead(new GuestVirtual(at), bytes))
        {
            return null;
        }

        FrameRegisters before = new();
        for (int register = 0; register < s_saved.Length; register++)
        {
            before[register] = BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(s_saved[register] * WordBytes));
        }

        return before;
    }

    private ulong? FramePointer(in OrcRow row, FrameRegisters registers, ulong at) => unchecked(row.FrameBase switch
    {
        OrcBase.Frame => Word(at + (ulong)row.FrameOffset),
        OrcBase.Rbp => Word(registers[FrameRegisters.Rbp] + (ulong)row.FrameOffset),
        _ => registers[FrameRegisters.Rbp],
    });

    private ulong? Word(ulong? address) => address is { } at && kernel.Memory.TryRead(new GuestVirtual(at), out ulong word) ? word : null;
}
