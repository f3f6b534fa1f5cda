using Guest.Machine.X86.Decode;
using Iced.Intel;

namespace Guest.Machine.X86.Semantics;

/// <summary>MOV between general registers, memory and immediates (Intel SDM 2B, MOV).</summary>
internal static class Moves
{
    internal static IEnumerable<InstructionRow> Rows() =>
    [
        .. RmR<W8>(Code.Mov_rm8_r8),
        .. RmR<W16>(Code.Mov_rm16_r16),
        .. RmR<W32>(Code.Mov_rm32_r32),
        .. RmR<W64>(Code.Mov_rm64_r64),
        .. RRm<W8>(Code.Mov_r8_rm8),
        .. RRm<W16>(Code.Mov_r16_rm16),
        .. RRm<W32>(Code.Mov_r32_rm32),
        .. RRm<W64>(Code.Mov_r64_rm64),
    ];

    private static IEnumerable<InstructionRow> RmR<T>(Code code)
        where T : struct, IWidth => [new(code, RegisterRegister<T>, StoreRegister<T>)];

    private static IEnumerable<InstructionRow> RRm<T>(Code code)
        where T : struct, IWidth => [new(code, RegisterRegister<T>, LoadRegister<T>)];

    private static void RegisterRegister<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        ref CpuState s = ref cpu.State;
        T.Set(ref s, op.Reg0, T.Get(ref s, op.Reg1));
    }

    private static void StoreRegister<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth => T.Store(cpu, cpu.Address(ref op), T.Get(ref cpu.State, op.Reg1));

    private static void LoadRegister<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth => T.Set(ref cpu.State, op.Reg0, T.Load(cpu, cpu.Address(ref op)));
}
