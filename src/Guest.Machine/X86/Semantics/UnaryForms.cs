using Guest.Machine.X86.Decode;
using Iced.Intel;

namespace Guest.Machine.X86.Semantics;

/// <summary>The operand forms of instructions with one operand that is read and written.</summary>
internal static class UnaryForms
{
    /// <summary>The operand is a register or memory.</summary>
    internal static InstructionRow Rm<T, TOperation>(Code code)
        where T : struct, IWidth
        where TOperation : struct, IUnaryOperation => new(code, Register<T, TOperation>, Memory<T, TOperation>);

    /// <summary>The operand is a register or memory. One row for each width.</summary>
    internal static InstructionRow[] Rm<TOperation>(Code w8, Code w16, Code w32, Code w64)
        where TOperation : struct, IUnaryOperation => [Rm<W8, TOperation>(w8), Rm<W16, TOperation>(w16), Rm<W32, TOperation>(w32), Rm<W64, TOperation>(w64)];

    /// <summary>The operand is a register.</summary>
    internal static InstructionRow R<T, TOperation>(Code code)
        where T : struct, IWidth
        where TOperation : struct, IUnaryOperation => new(code, Register<T, TOperation>);

    private static void Register<T, TOperation>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TOperation : struct, IUnaryOperation
    {
        ref CpuState s = ref cpu.State;
        T.Set(ref s, op.Reg0, TOperation.Apply<T>(ref s, T.Get(ref s, op.Reg0)));
    }

    private static void Memory<T, TOperation>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TOperation : struct, IUnaryOperation
    {
        ulong address = cpu.Address(ref op);
        ulong a = T.LoadForWrite(cpu, address);
        T.Store(cpu, address, TOperation.Apply<T>(ref cpu.State, a));
    }
}
