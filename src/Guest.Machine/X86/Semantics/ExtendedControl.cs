using Guest.Machine.X86.Decode;
using static Guest.Machine.X86.ControlBits;
using static Iced.Intel.Code;

namespace Guest.Machine.X86.Semantics;

/// <summary>XGETBV and XSETBV: the extended control register XCR0 (Intel SDM 1 13.3).</summary>
internal static class ExtendedControl
{
    /// <summary>The rows.</summary>
    internal static IEnumerable<InstructionRow> Rows() =>
    [
        new(Xgetbv, GetExtendedControl, null, ResultKind.System),
        new(Xsetbv, SetExtendedControl, null, ResultKind.System),
    ];

    private static void GetExtendedControl(Vcpu cpu, ref Op op)
    {
        ref CpuState s = ref cpu.State;
        if ((s.Cr4 & Cr4OsXsave) == 0)
        {
            cpu.Raise(Vector.UD);
        }

        if ((uint)s.Rcx > 1)
        {
            cpu.RaiseGp();
        }

        ulong value = (uint)s.Rcx == 0 ? s.Xcr0 : s.Xcr0 & Xsave.InUse(cpu);
        s.Rax = (uint)value;
        s.Rdx = value >> 32;
    }

    private static void SetExtendedControl(Vcpu cpu, ref Op op)
    {
        ref CpuState s = ref cpu.State;
        if ((s.Cr4 & Cr4OsXsave) == 0)
        {
            cpu.Raise(Vector.UD);
        }

        ulong value = (uint)s.Rax | (s.Rdx << 32);
        bool consistent = (value & XsaveLayout.X87) != 0 && (value & (XsaveLayout.Sse | XsaveLayout.Avx)) != XsaveLayout.Avx;
        if (s.Cpl != 0 || (uint)s.Rcx != 0 || !consistent || (value & ~(ulong)cpu.Model.Query(0xD, 0).Eax) != 0)
        {
            cpu.RaiseGp();
        }

        s.Xcr0 = value;
    }
}
