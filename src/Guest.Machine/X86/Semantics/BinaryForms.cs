using Guest.Machine.X86.Decode;
using Iced.Intel;

namespace Guest.Machine.X86.Semantics;

/// <summary>The operand forms of two-operand instructions: rm, r; r, rm; rm, imm.</summary>
internal static class BinaryForms
{
    /// <summary>The first operand is a register or memory, the second a register. One row for each width.</summary>
    internal static InstructionRow[] RmR<TOperation>(Code w8, Code w16, Code w32, Code w64)
        where TOperation : struct, IBinaryOperation => [RmR<W8, TOperation>(w8), RmR<W16, TOperation>(w16), RmR<W32, TOperation>(w32), RmR<W64, TOperation>(w64)];

    /// <summary>The first operand is a register, the second a register or memory. One row for each width.</summary>
    internal static InstructionRow[] RRm<TOperation>(Code w8, Code w16, Code w32, Code w64)
        where TOperation : struct, IBinaryOperation => [RRm<W8, TOperation>(w8), RRm<W16, TOperation>(w16), RRm<W32, TOperation>(w32), RRm<W64, TOperation>(w64)];

    /// <summary>The first operand is a register or memory, the second an immediate. One row for each width.</summary>
    internal static InstructionRow[] RmImm<TOperation>(Code w8, Code w16, Code w32, Code w64)
        where TOperation : struct, IBinaryOperation => [RmImm<W8, TOperation>(w8), RmImm<W16, TOperation>(w16), RmImm<W32, TOperation>(w32), RmImm<W64, TOperation>(w64)];

    /// <summary>The accumulator and an immediate. One row for each width.</summary>
    internal static InstructionRow[] AccImm<TOperation>(Code w8, Code w16, Code w32, Code w64)
        where TOperation : struct, IBinaryOperation => [AccImm<W8, TOperation>(w8), AccImm<W16, TOperation>(w16), AccImm<W32, TOperation>(w32), AccImm<W64, TOperation>(w64)];

    private static InstructionRow RmR<T, TOperation>(Code code)
        where T : struct, IWidth
        where TOperation : struct, IBinaryOperation => new(code, RegisterRegister<T, TOperation>, MemoryRegister<T, TOperation>);

    private static InstructionRow RRm<T, TOperation>(Code code)
        where T : struct, IWidth
        where TOperation : struct, IBinaryOperation => new(code, RegisterRegister<T, TOperation>, RegisterMemory<T, TOperation>);

    private static InstructionRow RmImm<T, TOperation>(Code code)
        where T : struct, IWidth
        where TOperation : struct, IBinaryOperation => new(code, RegisterImmediate<T, TOperation>, MemoryImmediate<T, TOperation>);

    private static InstructionRow AccImm<T, TOperation>(Code code)
        where T : struct, IWidth
        where TOperation : struct, IBinaryOperation => new(code, RegisterImmediate<T, TOperation>);

    private static void RegisterRegister<T, TOperation>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TOperation : struct, IBinaryOperation
    {
        ref CpuState s = ref cpu.State;
        ulong result = TOperation.Apply<T>(ref s, T.Get(ref s, op.Reg0), T.Get(ref s, op.Reg1));
        if (TOperation.Stores)
        {
            T.Set(ref s, op.Reg0, result);
        }
    }

    private static void RegisterImmediate<T, TOperation>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TOperation : struct, IBinaryOperation
    {
        ref CpuState s = ref cpu.State;
        ulong result = TOperation.Apply<T>(ref s, T.Get(ref s, op.Reg0), op.Imm);
        if (TOperation.Stores)
        {
            T.Set(ref s, op.Reg0, result);
        }
    }

    private static void RegisterMemory<T, TOperation>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TOperation : struct, IBinaryOperation
    {
        ulong b = T.Load(cpu, cpu.Address(ref op));
        ref CpuState s = ref cpu.State;
        ulong result = TOperation.Apply<T>(ref s, T.Get(ref s, op.Reg0), b);
        if (TOperation.Stores)
        {
            T.Set(ref s, op.Reg0, result);
        }
    }

    private static void MemoryRegister<T, TOperation>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TOperation : struct, IBinaryOperation => Memory<T, TOperation>(cpu, ref op, T.Get(ref cpu.State, op.Reg1));

    private static void MemoryImmediate<T, TOperation>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TOperation : struct, IBinaryOperation => Memory<T, TOperation>(cpu, ref op, op.Imm);

    private static void Memory<T, TOperation>(Vcpu cpu, ref Op op, ulong b)
        where T : struct, IWidth
        where TOperation : struct, IBinaryOperation
    {
        ulong address = cpu.Address(ref op);
        ulong a = TOperation.Stores ? T.LoadForWrite(cpu, address) : T.Load(cpu, address);
        ulong result = TOperation.Apply<T>(ref cpu.State, a, b);
        if (TOperation.Stores)
        {
            T.Store(cpu, address, result);
        }
    }
}
