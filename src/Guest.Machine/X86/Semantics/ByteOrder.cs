using System.Buffers.Binary;
using Guest.Machine.X86.Decode;
using Iced.Intel;

namespace Guest.Machine.X86.Semantics;

/// <summary>BSWAP and MOVBE (Intel SDM 2A and 2B); BSWAP of 16 bits as docs/defined-results.md says.</summary>
internal static class ByteOrder
{
    internal static InstructionRow[] Rows() =>
    [
        new(Code.Bswap_r16, ClearWord, Result: ResultKind.Defined),
        new(Code.Bswap_r32, Swap<W32>),
        new(Code.Bswap_r64, Swap<W64>),
        new(Code.Movbe_r16_m16, null, Load<W16>),
        new(Code.Movbe_r32_m32, null, Load<W32>),
        new(Code.Movbe_r64_m64, null, Load<W64>),
        new(Code.Movbe_m16_r16, null, Store<W16>),
        new(Code.Movbe_m32_r32, null, Store<W32>),
        new(Code.Movbe_m64_r64, null, Store<W64>),
    ];

    private static void ClearWord(Vcpu cpu, ref Op op) => W16.Set(ref cpu.State, op.Reg0, 0);

    private static void Swap<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        ref CpuState s = ref cpu.State;
        T.Set(ref s, op.Reg0, Reversed<T>(T.Get(ref s, op.Reg0)));
    }

    private static void Load<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth => T.Set(ref cpu.State, op.Reg0, Reversed<T>(T.Load(cpu, cpu.Address(ref op))));

    private static void Store<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth => T.Store(cpu, cpu.Address(ref op), Reversed<T>(T.Get(ref cpu.State, op.Reg1)));

    private static ulong Reversed<T>(ulong value)
        where T : struct, IWidth => BinaryPrimitives.ReverseEndianness(value) >> (64 - T.Bits);
}
