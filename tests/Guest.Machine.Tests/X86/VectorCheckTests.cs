using Guest.Machine.X86;
using Guest.Machine.X86.HostCode;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Guest.Machine.Tests.X86;

/// <summary>What vector and floating-point instructions raise before they compute anything.</summary>
[Collection("the host's signals")]
public sealed class VectorCheckTests
{
    private const ulong Mp = 2, Em = 4, Ts = 8, OsFxsr = 1 << 9, OsXmmExcpt = 1 << 10, OsXsave = 1 << 18;

    [Theory]
    [InlineData(Em, 0, Vector.UD)]
    [InlineData(0, OsFxsr, Vector.UD)]
    [InlineData(Ts, 0, Vector.NM)]
    [InlineData(Em | Ts, 0, Vector.UD)]
    [InlineData(Ts, OsFxsr, Vector.UD)]
    public void Sse_asks_EM_and_OSFXSR_before_TS(ulong cr0, ulong clearedCr4, Vector expected) =>
        Assert.Equal(expected, Fault(cr0, clearedCr4, a => a.addps(xmm1, __[rsi])));

    [Theory]
    [InlineData(Em, 0, Vector.UD)]
    [InlineData(Ts, 0, Vector.NM)]
    [InlineData(Em | Ts, 0, Vector.UD)]
    public void Mmx_asks_EM_before_TS(ulong cr0, ulong clearedCr4, Vector expected) =>
        Assert.Equal(expected, Fault(cr0, clearedCr4, a => a.paddb(mm1, __[rsi])));

    [Fact]
    public void Mmx_does_not_ask_for_OSFXSR() => Assert.Null(Fault(0, OsFxsr, a => a.paddb(mm1, mm2)));

    [Theory]
    [InlineData(0, OsXsave, Vector.UD)]
    [InlineData(Ts, 0, Vector.NM)]
    [InlineData(Ts, OsXsave, Vector.UD)]
    public void Vex_asks_OSXSAVE_before_TS(ulong cr0, ulong clearedCr4, Vector expected) =>
        Assert.Equal(expected, Fault(cr0, clearedCr4, a => a.vaddps(ymm1, ymm2, __[rsi])));

    [Fact]
    public void Vex_does_not_ask_EM() => Assert.Null(Fault(Em, 0, a => a.vaddps(ymm1, ymm2, ymm3)));

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Vex_is_undefined_where_XCR0_lacks_its_registers(ulong xcr0)
    {
        using var guest = new VectorGuest();
        guest.State.Xcr0 = xcr0;
        Assert.Equal(Vector.UD, guest.Run(a => a.vxorps(xmm1, xmm1, xmm1)));
    }

    [Fact]
    public void Vex_is_undefined_in_real_mode()
    {
        using var guest = new VectorGuest(real: true);
        guest.State.Cr4 |= OsFxsr | OsXsave;
        guest.State.Xcr0 = 7;
        Assert.Equal(Vector.UD, guest.Run(0xC5, 0xF8, 0x57, 0xC0)); // vxorps xmm0, xmm0, xmm0
        Assert.Null(guest.Run(0x0F, 0x57, 0xC0)); // xorps xmm0, xmm0
    }

    [Fact]
    public void Avx_is_undefined_on_the_model_that_lacks_it()
    {
        using var guest = new VectorGuest("x86-64-v2");
        Assert.Equal(Vector.UD, guest.Run(a => a.vxorps(xmm1, xmm1, xmm1)));
    }

    [Theory]
    [InlineData(Em)]
    [InlineData(Ts)]
    public void X87_is_not_available_with_EM_or_TS(ulong cr0)
    {
        Assert.Equal(Vector.NM, Fault(cr0, 0, a => a.fld1()));
        Assert.Equal(Vector.NM, Fault(cr0, 0, a => a.fxsave(__[rsi])));
    }

    [Fact]
    public void Wait_asks_MP_and_TS_and_not_EM()
    {
        Assert.Null(Fault(Em, 0, a => a.wait()));
        Assert.Equal(Vector.NM, Fault(Mp | Ts, 0, a => a.wait()));
        using var guest = new VectorGuest();
        guest.State.Cr0 = (guest.State.Cr0 & ~Mp) | Ts;
        Assert.Null(guest.Run(a => a.wait()));
    }

    [Fact]
    public void A_pending_x87_exception_is_reported_by_the_next_instruction_that_waits()
    {
        using var guest = new VectorGuest();
        guest.State.Fx[0] = 0x37B; // ZE unmasked
        Assert.Null(guest.Run(a =>
        {
            a.fld1();
            a.fldz();
            a.fdivp(st1, st0);
            a.fnstsw(ax);
        }));
        Assert.Equal(0x8084UL, guest.State.Rax & 0x8084);
        Assert.Equal(Vector.MF, guest.Run(a => a.fld1()));
        Assert.Equal(Vector.MF, guest.Run(a => a.emms()));
        Assert.Null(guest.Run(a => a.fnclex()));
        Assert.Null(guest.Run(a => a.fld1()));
    }

    [Fact]
    public void An_x87_error_without_NE_ends_the_run_by_name()
    {
        using var guest = new VectorGuest();
        guest.State.Cr0 &= ~0x20UL;
        guest.State.Fx[0] = 0x37B | (0x8084UL << 16);
        var error = Assert.Throws<ReplayKitException>(() => guest.Run(a => a.wait()));
        Assert.Equal(421, error.Code);
    }

    [Fact]
    public void An_unmasked_SIMD_exception_changes_nothing_but_its_flag()
    {
        using var guest = new VectorGuest();
        guest.State.Mxcsr = 0x1F80 & ~0x200u;
        guest.Register(1)[0] = 0x3F80_0000;
        guest.Register(1)[1] = 5;
        Assert.Equal(Vector.XM, guest.Run(a => a.divps(xmm1, xmm2)));
        Assert.Equal(0x3F80_0000UL, guest.Register(1)[0]);
        Assert.Equal(5UL, guest.Register(1)[1]);
        Assert.Equal(0x1F80u & ~0x200u, guest.State.Mxcsr & ~7u);
        Assert.NotEqual(0u, guest.State.Mxcsr & 4);
    }

    [Fact]
    public void An_unmasked_SIMD_exception_is_an_undefined_opcode_without_OSXMMEXCPT()
    {
        using var guest = new VectorGuest();
        guest.State.Mxcsr = 0;
        guest.State.Cr4 &= ~OsXmmExcpt;
        Assert.Equal(Vector.UD, guest.Run(a => a.divss(xmm1, xmm2)));
    }

    [Fact]
    public void The_host_computes_as_before_after_a_guest_with_another_rounding()
    {
        using var guest = new VectorGuest();
        guest.State.Mxcsr = 0xFF80; // towards zero, flush to zero, denormals are zeros
        guest.State.Fx[0] = 0xC7F; // x87: towards zero, single precision
        guest.Register(1)[0] = 0x3F80_0000;
        guest.Register(2)[0] = 0x4040_0000;
        Assert.Null(guest.Run(a =>
        {
            a.divss(xmm1, xmm2);
            a.vdivss(xmm3, xmm1, xmm2);
            a.fldpi();
            a.fsqrt();
        }));
        double tiny = BitConverter.UInt64BitsToDouble(1);
        Assert.Equal(2, BitConverter.DoubleToInt64Bits(tiny * Two()));
        Assert.Equal(0.66666666666666663, Two() / 3.0);
    }

    [Fact]
    public void A_host_that_lacks_instructions_of_the_model_is_refused_by_name()
    {
        var error = Assert.Throws<ReplayKitException>(() => HostFeatures.Require(CpuModels.Create("x86-64-v3"), leaf => leaf == 0 ? (7, 0, 0, 0) : (0, ~(1 << 5), ~(1 << 12), ~0), true));
        Assert.Equal(ExitCode.HostCannot, error.ExitCode);
        Assert.Contains("FMA, AVX2,", error.Message, StringComparison.Ordinal);
        HostFeatures.Require(CpuModels.Create("x86-64-v2"), leaf => leaf == 0 ? (7, 0, 0, 0) : (0, ~(1 << 5), ~(1 << 12), ~0), false);
    }

    private static double Two() => double.Parse("2", System.Globalization.CultureInfo.InvariantCulture);

    private static Vector? Fault(ulong setCr0, ulong clearedCr4, Action<Assembler> body)
    {
        using var guest = new VectorGuest();
        guest.State.Cr0 |= setCr0;
        guest.State.Cr4 &= ~clearedCr4;
        guest.State.Rsi = VectorGuest.Data;
        return guest.Run(body);
    }
}
