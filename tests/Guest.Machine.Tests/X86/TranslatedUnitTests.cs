using Iced.Intel;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace Guest.Machine.Tests.X86;

/// <summary>What translated instructions of the x87 and vector units leave behind that their results do not show; supervisor's images of them.</summary>
public sealed class TranslatedUnitTests : IDisposable
{
    private const ulong Start = 0x2_0000;
    private const ulong Area = 0x4_0000;
    private readonly TranslatedGuest _guest = new();

    /// <inheritdoc/>
    public void Dispose() => _guest.Dispose();

    [Theory]
    [InlineData(Mnemonic.F2xm1)]
    [InlineData(Mnemonic.Fyl2x)]
    [InlineData(Mnemonic.Fyl2xp1)]
    [InlineData(Mnemonic.Fpatan)]
    [InlineData(Mnemonic.Fptan)]
    [InlineData(Mnemonic.Fsin)]
    [InlineData(Mnemonic.Fcos)]
    [InlineData(Mnemonic.Fsincos)]
    public void A_function_that_depends_on_the_vendor_is_noted(Mnemonic function)
    {
        _guest.Put(Start, (code, again) =>
        {
            code.fninit();
            code.fld1();
            code.fld1();
            code.nop();
            code.nop();
            code.jmp(again);
        });
        Loop(6000);
        Assert.False(_guest.State.VendorDependentUsed);
        byte[] bytes = Assembled(function);
        Assert.Equal(2, bytes.Length);
        _guest.Write(Start + 6, bytes);
        Loop(5000);
        Assert.True(_guest.State.VendorDependentUsed);
        Assert.True(_guest.Statistics.Interpreted < 100, $"{_guest.Statistics.Interpreted} times interpreted");
    }

    [Fact]
    public void Supervisors_images_are_translated_and_restore_what_they_saved()
    {
        _guest.State.Vectors[0] = 0x1111;
        _guest.State.Vectors[2] = 0x2222;
        _guest.State.Vectors[60] = 0x3333;
        _guest.State.Mxcsr = 0x9F80;
        ulong third = _guest.State.Fx[3];
        _guest.State.Rdi = Area;
        _guest.Put(Start, (code, again) =>
        {
            code.mov(eax, -1);
            code.mov(edx, -1);
            code.xsaves64(__[rdi]);
            code.vpxor(ymm0, ymm0, ymm0);
            code.vpcmpeqd(ymm15, ymm15, ymm15);
            code.fld1();
            code.xrstors64(__[rdi]);
            code.jmp(again);
        });
        Loop(8000);
        Assert.True(_guest.Statistics.Interpreted < 100, $"{_guest.Statistics.Interpreted} times interpreted");
        Assert.Equal((0x1111UL, 0x2222UL, 0x3333UL), (_guest.State.Vectors[0], _guest.State.Vectors[2], _guest.State.Vectors[60]));
        Assert.Equal(0UL, _guest.State.Vectors[63]);
        Assert.Equal(0x9F80U, _guest.State.Mxcsr);
        Assert.Equal((0x37FUL, third), (_guest.State.Fx[0], _guest.State.Fx[3]));

        // The x87 registers were as after reset: XSTATE_BV has the other two, XCOMP_BV all three.
        Assert.Equal(6UL, BitConverter.ToUInt64(_guest.Read(Area + 512, 8)));
        Assert.Equal((1UL << 63) | 7, BitConverter.ToUInt64(_guest.Read(Area + 520, 8)));
    }

    // The address of an element has 32 bits, whatever the index; there is no base register to say so.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_element_with_a_32_bit_address_wraps_at_4_gigabytes(bool interpreted)
    {
        byte[] code = [0xC5, 0xC9, 0x76, 0xF6, 0x67, 0xC4, 0x82, 0xC9, 0x92, 0x3C, 0x6D, 0, 0, 1, 0, 0xEB, 0xEF]; // vpcmpeqd xmm6, xmm6, xmm6; vgatherdpd xmm7, [xmm13*2 + 10000h], xmm6; jmp
        _guest.Write(Start, code);
        _guest.Write(Area, BitConverter.GetBytes(0x1234_5678_9ABC_DEF0));
        uint index = (uint)(((1UL << 32) + Area - 0x1_0000) / 2);
        _guest.State.Vectors[13 * 4] = index | ((ulong)index << 32);
        Loop(interpreted ? 3UL : 3000);
        Assert.Equal((0x1234_5678_9ABC_DEF0UL, 0x1234_5678_9ABC_DEF0UL), (_guest.State.Vectors[7 * 4], _guest.State.Vectors[(7 * 4) + 1]));
    }

    [Fact]
    public void A_bad_image_is_refused_and_nothing_is_loaded()
    {
        _guest.State.Vectors[0] = 0x1111;
        _guest.State.Rdi = Area;
        _guest.State.Rax = 7;
        _guest.Put(Start, (code, _) => code.xrstors64(__[rdi]));
        _guest.Write(Area + 512, BitConverter.GetBytes(7UL));
        _guest.Write(Area + 520, BitConverter.GetBytes((1UL << 63) | 3));
        _guest.State.Rip = Start;
        Assert.ThrowsAny<Exception>(() => _guest.Run(500));
        Assert.Equal(0x1111UL, _guest.State.Vectors[0]);
    }

    private static byte[] Assembled(Mnemonic function)
    {
        var code = new Assembler(64);
        code.AddInstruction(Instruction.Create(Enum.Parse<Code>(function.ToString())));
        using var bytes = new MemoryStream();
        code.Assemble(new StreamCodeWriter(bytes), 0);
        return bytes.ToArray();
    }

    private void Loop(ulong instructions)
    {
        _guest.State.Rip = Start;
        _guest.Run(instructions);
    }
}
