using Guest.Machine.X86.Decode;
using Iced.Intel;

namespace Guest.Machine.X86.Semantics;

/// <summary>The operand forms of two-operand instructions: rm, r; r, rm; rm, imm.</summary>
internal static class BinaryForms
{
    /// <summary>The first operand is a register or memory, the second a register.</summary>
    internal static InstructionRow RmR<T, TOperation>(Code code)
        where T : struct, IWidth
        where TOperation : struct, IBinaryOperation => new(code, RegisterRegister<T, TOperation>, MemoryRegister<T, TOperation>);

    /// <summary>The first operand is a register, the second a register or memory.</summary>
    internal static InstructionRow RRm<T, TOperation>(Code code)
        where T : struct, IWidth
        where TOperation : struct, IBinaryOperation => new(code, RegisterRegister<T, TOperation>, RegisterMemory<T, TOperation>);

    /// <summary>The first operand is a register or memory, the second an immediate.</summary>
    internal static InstructionRow RmImm<T, TOperation>(Code code)
        where T : struct, IWidth
        where TOperation : struct, IBinaryOperation => new(code, RegisterImmediate<T, TOperation>, MemoryImmediate<T, TOperation>);

    /// <summary>The accumulator and an immediate.</summary>
    internal static InstructionRow AccImm<T, TOperation>(Code code)
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
