using System.Runtime.CompilerServices;
using Guest.Machine.X86.Decode;
using Iced.Intel;

namespace Guest.Machine.X86.Semantics;

/// <summary>ADCX and ADOX: additions with one carry flag each (Intel SDM 2A).</summary>
internal static class Adx
{
    internal static InstructionRow[] Rows() =>
    [
        SourceForms.RRm<W32, AddCarry>(Code.Adcx_r32_rm32),
        SourceForms.RRm<W64, AddCarry>(Code.Adcx_r64_rm64),
        SourceForms.RRm<W32, AddOverflow>(Code.Adox_r32_rm32),
        SourceForms.RRm<W64, AddOverflow>(Code.Adox_r64_rm64),
    ];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Sum<T>(ulong a, ulong b, bool carryIn, out bool carryOut)
        where T : struct, IWidth
    {
        ulong r = (a + b + (carryIn ? 1UL : 0)) & T.Mask;
        carryOut = r < a || (carryIn && r == a);
        return r;
    }

    private readonly struct AddCarry : ISourceOperation
    {
        public static ulong Apply<T>(ref CpuState s, ref Op op, ulong source)
            where T : struct, IWidth
        {
            ulong r = Sum<T>(T.Get(ref s, op.Reg0), source, Flags.Carry(ref s) != 0, out bool carry);
            Flags.SetCarry(ref s, carry);
            return r;
        }
    }

    private readonly struct AddOverflow : ISourceOperation
    {
        public static ulong Apply<T>(ref CpuState s, ref Op op, ulong source)
            where T : struct, IWidth
        {
            ulong r = Sum<T>(T.Get(ref s, op.Reg0), source, Flags.Overflow(ref s), out bool carry);
            Flags.SetCarryOverflow(ref s, Flags.Carry(ref s) != 0, carry);
            return r;
        }
    }
}
