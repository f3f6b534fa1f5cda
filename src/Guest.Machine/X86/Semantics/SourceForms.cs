using Guest.Machine.X86.Decode;
using Iced.Intel;

namespace Guest.Machine.X86.Semantics;

/// <summary>The operand forms of instructions that compute a register from one source, a register or memory.</summary>
internal static class SourceForms
{
    /// <summary>r, rm: the operation may keep the old value of the destination.</summary>
    internal static InstructionRow RRm<T, TOperation>(Code code, ResultKind result = ResultKind.Host, OpPreparation? prepare = null)
        where T : struct, IWidth
        where TOperation : struct, ISourceOperation => new(code, Register<T, TOperation>, Memory<T, TOperation>, result, prepare);

    private static void Register<T, TOperation>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TOperation : struct, ISourceOperation
    {
        TOperation.Check(cpu, ref op);
        ref CpuState s = ref cpu.State;
        T.Set(ref s, op.Reg0, TOperation.Apply<T>(ref s, ref op, T.Get(ref s, op.Reg1)));
    }

    private static void Memory<T, TOperation>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TOperation : struct, ISourceOperation
    {
        TOperation.Check(cpu, ref op);
        ulong value = T.Load(cpu, cpu.Address(ref op));
        ref CpuState s = ref cpu.State;
        T.Set(ref s, op.Reg0, TOperation.Apply<T>(ref s, ref op, value));
    }
}
