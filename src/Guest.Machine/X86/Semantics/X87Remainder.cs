using System.Numerics;
using Guest.Machine.X86.Decode;
using Guest.Machine.X86.HostCode;
using Iced.Intel;

namespace Guest.Machine.X86.Semantics;

/// <summary>FPREM and FPREM1 with steps of our own choice, where the manual leaves the number of bits to the processor.</summary>
/// <remarks>
/// Where the exponents differ by D of less than 64, every processor gives the exact and complete result: the host's. Otherwise one step
/// takes D - N bits off, N = 32 + D mod 32: the exact remainder by the divisor times 2^(D - N), for which D is N.
/// </remarks>
internal static class X87Remainder
{
    private const int St0 = 4;
    private const int St1 = 6;
    private const ulong Conditions = (ulong)(X87.C0 | X87.C1 | X87.C2 | X87.C3) << 16;

    /// <summary>The rows.</summary>
    internal static IEnumerable<InstructionRow> Rows() =>
    [
        new(Code.Fprem, Remainder, null, ResultKind.Defined, Prepare),
        new(Code.Fprem1, Remainder, null, ResultKind.Defined, Prepare),
    ];

    private static void Prepare(in Instruction instruction, ref Op op)
    {
        op.Stub = X87Stubs.Find(instruction);
        op.Extra = (ulong)X87Stubs.Find(Instruction.Create(Code.Fprem));
    }

    private static void Remainder(Vcpu cpu, ref Op op)
    {
        cpu.CheckX87();
        ref CpuState s = ref cpu.State;
        ulong divisor = s.Fx[St1];
        ulong divisorExponent = s.Fx[St1 + 1];
        if (!IsPartial(ref s, out int difference))
        {
            X87Host.Execute(cpu, op.Stub, 0, 0);
            return;
        }

        bool denormal = (divisorExponent & 0x7FFF) == 0;
        SetScaledDivisor(ref s, difference - 32 - (difference & 31));
        X87Host.Execute(cpu, (nint)op.Extra, 0, 0);
        s.Fx[St1] = divisor;
        s.Fx[St1 + 1] = divisorExponent;
        s.Fx[0] = (s.Fx[0] & ~Conditions) | ((ulong)X87.C2 << 16) | (denormal ? (ulong)X87.Denormal << 16 : 0);
    }

    // Two registers in use, finite, not zero, well formed, with exponents at least 64 apart. A denormal divisor whose exception is
    // unmasked computes nothing: the host's affair.
    private static bool IsPartial(ref CpuState s, out int difference)
    {
        int top = X87State.Top(ref s);
        int tags = X87State.Tags(ref s);
        bool used = (tags & (1 << top)) != 0 && (tags & (1 << ((top + 1) & 7))) != 0;
        int dividend = (int)s.Fx[St0 + 1] & 0x7FFF;
        int divisor = (int)s.Fx[St1 + 1] & 0x7FFF;
        bool wellFormed = dividend is not 0 and not 0x7FFF && (s.Fx[St0] >> 63) != 0
            && divisor != 0x7FFF && (divisor == 0 ? s.Fx[St1] != 0 : (s.Fx[St1] >> 63) != 0);
        bool unmasked = divisor == 0 && (X87State.Control(ref s) & X87.Denormal) == 0;
        difference = dividend - Normalized(ref s);
        return used && wellFormed && !unmasked && difference >= 64;
    }

    // The divisor's exponent as if its significand were normalized.
    private static int Normalized(ref CpuState s)
    {
        int exponent = (int)s.Fx[St1 + 1] & 0x7FFF;
        return exponent != 0 ? exponent : 1 - BitOperations.LeadingZeroCount(s.Fx[St1]);
    }

    private static void SetScaledDivisor(ref CpuState s, int by)
    {
        int exponent = Normalized(ref s) + by;
        ulong significand = s.Fx[St1] << BitOperations.LeadingZeroCount(s.Fx[St1]);
        ulong sign = s.Fx[St1 + 1] & 0x8000;
        s.Fx[St1] = exponent > 0 ? significand : significand >> (1 - exponent);
        s.Fx[St1 + 1] = sign | (uint)Math.Max(exponent, 0);
    }
}
