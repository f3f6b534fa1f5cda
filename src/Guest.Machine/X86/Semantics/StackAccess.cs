using System.Runtime.CompilerServices;

namespace Guest.Machine.X86.Semantics;

/// <summary>Pushes and pops of instructions, with the stack pointer's size of the mode (Intel SDM 1, 6.2.3).</summary>
internal static class StackAccess
{
    /// <summary>Pushes a value of the width.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Push<T>(Vcpu cpu, ulong value)
        where T : struct, IWidth
    {
        ref CpuState s = ref cpu.State;
        if (T.Bits == 64)
        {
            ulong rsp = s.Rsp - 8;
            cpu.Store<ulong>(rsp, value);
            s.Rsp = rsp;
            return;
        }

        PushSlow<T>(cpu, value);
    }

    /// <summary>Reads what is on top of the stack; <see cref="Release"/> then takes it off.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Peek<T>(Vcpu cpu)
        where T : struct, IWidth => T.Bits == 64 ? cpu.Load<ulong>(cpu.State.Rsp) : Read<T>(cpu, cpu.State.Rsp);

    /// <summary>Moves the stack pointer up.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Release(Vcpu cpu, ulong bytes)
    {
        ref CpuState s = ref cpu.State;
        if (cpu.InLongMode64)
        {
            s.Rsp += bytes;
        }
        else
        {
            SetPointer(cpu, s.Rsp + bytes);
        }
    }

    /// <summary>The bits of RSP, RBP that count in the mode: 16, 32 or 64.</summary>
    internal static int PointerBits(Vcpu cpu) => cpu.InLongMode64 ? 64 : cpu.State.Segments[(int)SegmentName.Ss].Big ? 32 : 16;

    /// <summary>Writes RSP, ESP or SP.</summary>
    internal static void SetPointer(Vcpu cpu, ulong value) => AddressSize.Set(ref cpu.State.Rsp, value, PointerBits(cpu));

    /// <summary>Reads from an offset of the stack segment, cut to the stack pointer's size.</summary>
    internal static ulong Read<T>(Vcpu cpu, ulong offset)
        where T : struct, IWidth
    {
        ulong address = cpu.Linear(SegmentName.Ss, AddressSize.Cut(offset, PointerBits(cpu)), T.Bytes, write: false);
        return T.Bits switch
        {
            16 => cpu.Load<ushort>(address),
            32 => cpu.Load<uint>(address),
            _ => cpu.Load<ulong>(address),
        };
    }

    /// <summary>Writes to an offset of the stack segment, cut to the stack pointer's size.</summary>
    internal static void Write<T>(Vcpu cpu, ulong offset, ulong value)
        where T : struct, IWidth
    {
        ulong address = cpu.Linear(SegmentName.Ss, AddressSize.Cut(offset, PointerBits(cpu)), T.Bytes, write: true);
        switch (T.Bits)
        {
            case 16: cpu.Store(address, (ushort)value); break;
            case 32: cpu.Store(address, (uint)value); break;
            default: cpu.Store(address, value); break;
        }
    }

    /// <summary>Raises what a write to an offset of the stack segment would raise.</summary>
    internal static void ProbeWrite<T>(Vcpu cpu, ulong offset)
        where T : struct, IWidth
    {
        ulong address = cpu.Linear(SegmentName.Ss, AddressSize.Cut(offset, PointerBits(cpu)), T.Bytes, write: true);
        cpu.ProbeWrite(address, T.Bytes);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void PushSlow<T>(Vcpu cpu, ulong value)
        where T : struct, IWidth
    {
        ulong pointer = cpu.State.Rsp - (ulong)T.Bytes;
        Write<T>(cpu, pointer, value);
        SetPointer(cpu, pointer);
    }
}
