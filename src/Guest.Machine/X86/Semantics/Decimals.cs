using Guest.Machine.X86.Decode;
using Iced.Intel;

namespace Guest.Machine.X86.Semantics;

/// <summary>AAA, AAS, AAM, AAD, DAA, DAS outside 64-bit mode (Intel SDM 2A); undefined flags as docs/defined-results.md says.</summary>
internal static class Decimals
{
    private const byte Al = 0;
    private const byte Ax = 0;
    private const byte Ah = 1;

    internal static InstructionRow[] Rows() =>
    [
        new(Code.Aaa, AdjustAfterAdd, Result: ResultKind.Defined),
        new(Code.Aas, AdjustAfterSubtract, Result: ResultKind.Defined),
        new(Code.Aam_imm8, AdjustAfterMultiply, Result: ResultKind.Defined),
        new(Code.Aad_imm8, AdjustBeforeDivide, Result: ResultKind.Defined),
        new(Code.Daa, PackedAfterAdd, Result: ResultKind.Defined),
        new(Code.Das, PackedAfterSubtract, Result: ResultKind.Defined),
    ];

    private static void AdjustAfterAdd(Vcpu cpu, ref Op op) => Unpacked(cpu, 0x106);

    private static void AdjustAfterSubtract(Vcpu cpu, ref Op op) => Unpacked(cpu, unchecked((ulong)-0x106));

    private static void Unpacked(Vcpu cpu, ulong correction)
    {
        ref CpuState s = ref cpu.State;
        bool adjust = (s.Rax & 15) > 9 || Flags.Adjust(ref s);
        ulong ax = W16.Get(ref s, Ax) + (adjust ? correction : 0);
        W16.Set(ref s, Ax, ax & 0xFF0F);
        Flags.Result<W8>(ref s, ax & 15, adjust, false, adjust);
    }

    private static void AdjustAfterMultiply(Vcpu cpu, ref Op op)
    {
        ref CpuState s = ref cpu.State;
        ulong divisor = (byte)op.Imm;
        if (divisor == 0)
        {
            cpu.Raise(Vector.DE);
        }

        ulong al = W8.Get(ref s, Al);
        W8.Set(ref s, Ah, al / divisor);
        W8.Set(ref s, Al, al % divisor);
        Flags.Logic<W8>(ref s, al % divisor);
    }

    private static void AdjustBeforeDivide(Vcpu cpu, ref Op op)
    {
        ref CpuState s = ref cpu.State;
        ulong al = (W8.Get(ref s, Al) + (W8.Get(ref s, Ah) * (byte)op.Imm)) & 0xFF;
        W16.Set(ref s, Ax, al);
        Flags.Logic<W8>(ref s, al);
    }

    private static void PackedAfterAdd(Vcpu cpu, ref Op op) => Packed(cpu, subtract: false);

    private static void PackedAfterSubtract(Vcpu cpu, ref Op op) => Packed(cpu, subtract: true);

    private static void Packed(Vcpu cpu, bool subtract)
    {
        ref CpuState s = ref cpu.State;
        ulong old = W8.Get(ref s, Al);
        bool oldCarry = Flags.Carry(ref s) != 0;
        bool adjust = (old & 15) > 9 || Flags.Adjust(ref s);
        bool carry = old > 0x99 || oldCarry;
        ulong correction = (adjust ? 6UL : 0) + (carry ? 0x60UL : 0);
        ulong al = subtract ? old - correction : old + correction;
        W8.Set(ref s, Al, al);

        // DAS: the borrow of the low correction alone sets CF too (SDM 2A, DAS).
        carry |= subtract && adjust && (oldCarry || old < 6);
        Flags.Result<W8>(ref s, al, carry, false, adjust);
    }
}
