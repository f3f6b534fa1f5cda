using System.Runtime.CompilerServices;
using Guest.Machine.Native;
using Guest.Machine.X86.Decode;
using Guest.Machine.X86.HostCode;

namespace Guest.Machine.X86.Semantics;

/// <summary>SIMD instructions by the host's own: one handler for each form of the operands, whatever the instruction is.</summary>
/// <typeparam name="TUnit">Whose checks apply.</typeparam>
internal static class Simd<TUnit>
    where TUnit : struct, ISimdUnit
{
    /// <summary>No operand in memory.</summary>
    internal static void Registers(Vcpu cpu, ref Op op)
    {
        TUnit.Check(cpu);
        TUnit.Begin(cpu);
        Execute(cpu, ref op, 0);
        TUnit.End(cpu, ref op);
    }

    /// <summary>The memory operand is read.</summary>
    internal static void Load(Vcpu cpu, ref Op op)
    {
        TUnit.Check(cpu);
        nint memory = cpu.Source(cpu.Address(ref op), op.MemorySize);
        TUnit.Begin(cpu);
        Execute(cpu, ref op, memory);
        TUnit.End(cpu, ref op);
    }

    /// <summary>The memory operand is read and must stand on a boundary of its size.</summary>
    internal static void LoadAligned(Vcpu cpu, ref Op op)
    {
        TUnit.Check(cpu);
        nint memory = cpu.Source(Aligned(cpu, ref op), op.MemorySize);
        TUnit.Begin(cpu);
        Execute(cpu, ref op, memory);
        TUnit.End(cpu, ref op);
    }

    /// <summary>The memory operand is written.</summary>
    internal static void Store(Vcpu cpu, ref Op op)
    {
        TUnit.Check(cpu);
        StoreAt(cpu, ref op, cpu.Address(ref op));
    }

    /// <summary>The memory operand is written and must stand on a boundary of its size.</summary>
    internal static void StoreAligned(Vcpu cpu, ref Op op)
    {
        TUnit.Check(cpu);
        StoreAt(cpu, ref op, Aligned(cpu, ref op));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Aligned(Vcpu cpu, ref Op op)
    {
        ulong address = cpu.Address(ref op);
        if ((address & (op.MemorySize - 1UL)) != 0)
        {
            cpu.RaiseGp();
        }

        return address;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreAt(Vcpu cpu, ref Op op, ulong address)
    {
        nint target = cpu.Target(address, op.MemorySize);
        TUnit.Begin(cpu);
        Execute(cpu, ref op, target);
        if (target == cpu.OperandRoom)
        {
            cpu.StoreBytes(address, Raw.Span(target, op.MemorySize));
        }

        TUnit.End(cpu, ref op);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Execute(Vcpu cpu, ref Op op, nint memory)
    {
        nint state = Raw.AddressOf(ref cpu.State);
        ulong offsets = op.Extra;
        ulong result = StubCall.Simd(
            op.Stub,
            state + (ushort)offsets,
            state + (ushort)(offsets >> 16),
            state + (ushort)(offsets >> 32),
            state + (nint)(offsets >> 48),
            memory,
            state);
        if (result != 0)
        {
            Finish(cpu, result);
        }
    }

    private static void Finish(Vcpu cpu, ulong result)
    {
        if (result == FloatingPointFault.Raised)
        {
            cpu.RaiseSimdException();
        }

        Flags.SetStatus(ref cpu.State, result);
    }
}
