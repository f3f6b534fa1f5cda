using static Guest.Machine.X86.ControlBits;

namespace Guest.Machine.X86;

/// <content>The registers in a task-state segment of 32 or 16 bits (Intel SDM 3A 7.2.1, 7.6).</content>
public sealed partial class Vcpu
{
    // Fields of a task-state segment from EIP on, in order; a 16-bit one has no FS, GS and CR3.
    private const int TaskRegisters = 2;
    private const int TaskSegments = 10;

    private void SaveTask(Segment old, ulong flags)
    {
        ref CpuState s = ref State;
        bool wide = (old.Type & 8) != 0;
        WriteTask(TaskField(old.Base, 0, wide), wide ? 4 : 2, s.Rip);
        WriteTask(TaskField(old.Base, 1, wide), wide ? 4 : 2, flags);
        for (int i = 0; i < 8; i++)
        {
            WriteTask(TaskField(old.Base, TaskRegisters + i, wide), wide ? 4 : 2, RegisterFile.Ref<ulong>(ref s, (byte)(8 * i)));
        }

        for (int i = 0; i < (wide ? 6 : 4); i++)
        {
            WriteTask(TaskField(old.Base, TaskSegments + i, wide), 2, s.Segments[i].Selector);
        }
    }

    private void LoadTask(Descriptor task, bool nested, ulong oldFlags)
    {
        ref CpuState s = ref State;
        bool wide = task.Type >= 8;
        Span<uint> fields = stackalloc uint[17];
        int count = wide ? 17 : 15;
        for (int i = 0; i < count; i++)
        {
            fields[i] = ReadTask(TaskField(task.Base, i, wide), wide ? 4 : 2);
        }

        if (wide && (s.Cr0 & Cr0Pg) != 0)
        {
            WriteCr3(ReadTask(task.Base + 0x1C, 4));
        }

        s.Rip = fields[0];
        s.InstructionStart = s.Rip;
        for (int i = 0; i < 8; i++)
        {
            RegisterFile.Ref<ulong>(ref s, (byte)(8 * i)) = fields[TaskRegisters + i];
        }

        ulong flags = wide ? fields[1] : (oldFlags & ~0xFFFFUL) | fields[1];
        s.Segments[(int)SegmentName.Cs] = new Segment { Selector = (ushort)fields[TaskSegments + 1] };
        s.Cpl = (flags & Flags.VM) != 0 ? 3 : (int)fields[TaskSegments + 1] & 3;
        SetFlags(nested ? flags | Flags.NT : flags);
        NoteFlagsLoaded();
        UpdateMode();
        UpdateBreakpoints();
        LoadTaskSegments(fields[TaskSegments..(count - 1)], (ushort)fields[count - 1]);
    }

    private static ulong TaskField(ulong start, int index, bool wide) => start + (ulong)(wide ? 0x20 + (4 * index) : 0x0E + (2 * index));

    private uint ReadTask(ulong address, int size)
    {
        SetAccessMode(AccessMode.Supervisor);
        address = (uint)address;
        uint value = size switch { 1 => Load<byte>(address), 2 => Load<ushort>(address), _ => Load<uint>(address) };
        UpdateAccessMode();
        return value;
    }

    private void WriteTask(ulong address, int size, ulong value)
    {
        SetAccessMode(AccessMode.Supervisor);
        if (size == 2)
        {
            Store((uint)address, (ushort)value);
        }
        else
        {
            Store((uint)address, (uint)value);
        }

        UpdateAccessMode();
    }
}
