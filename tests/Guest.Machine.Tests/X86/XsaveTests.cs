using System.Buffers.Binary;
using Guest.Machine.X86;
using static Iced.Intel.AssemblerRegisters;

namespace Guest.Machine.Tests.X86;

/// <summary>Images of FXSAVE and the XSAVE family, byte for byte (Intel SDM 1 13).</summary>
[Collection("the host's signals")]
public sealed class XsaveTests : IDisposable
{
    private readonly VectorGuest _guest = new();

    public XsaveTests()
    {
        _guest.State.Rsi = VectorGuest.Data;
        _guest.State.Rax = 7;
    }

    public void Dispose() => _guest.Dispose();

    [Fact]
    public void A_component_is_in_use_exactly_while_its_registers_hold_something()
    {
        Assert.Equal(0UL, StateBvOfXsave());
        _guest.Register(3)[1] = 1;
        Assert.Equal(XsaveLayout.Sse, StateBvOfXsave());
        _guest.Register(9)[2] = 1;
        Assert.Equal(XsaveLayout.Sse | XsaveLayout.Avx, StateBvOfXsave());
        _guest.Register(3)[1] = 0;
        Assert.Null(_guest.Run(a => a.fld1()));
        Assert.Equal(XsaveLayout.X87 | XsaveLayout.Avx, StateBvOfXsave());
        Assert.Null(_guest.Run(a => a.fninit()));
        Assert.Equal(XsaveLayout.X87 | XsaveLayout.Avx, StateBvOfXsave()); // the value is still in its register
    }

    [Fact]
    public void The_compacted_format_names_its_components_and_leaves_initial_ones_out()
    {
        Fill(0xCC);
        _guest.Register(0)[3] = 0x1122;
        Assert.Null(_guest.Run(a => a.xsavec64(__[rsi])));
        byte[] image = _guest.Read(VectorGuest.Data, 832);
        Assert.Equal(XsaveLayout.Avx, Quad(image, 512));
        Assert.Equal(7 | XsaveLayout.Compacted, Quad(image, 520));
        Assert.All(image[..512], value => Assert.Equal(0xCC, value));
        Assert.All(image[528..576], value => Assert.Equal(0xCC, value));
        Assert.Equal(0x1122UL, Quad(image, 584));
    }

    [Fact]
    public void Another_MXCSR_makes_the_compacted_format_hold_the_SSE_component()
    {
        _guest.State.Mxcsr = 0x1FA0;
        Assert.Null(_guest.Run(a => a.xsavec64(__[rsi])));
        byte[] image = _guest.Read(VectorGuest.Data, 832);
        Assert.Equal(XsaveLayout.Sse, Quad(image, 512));
        Assert.Equal(0x0000_FFFF_0000_1FA0UL, Quad(image, 24));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_is_saved_is_restored(bool compacted)
    {
        _guest.Register(15)[0] = 15;
        _guest.Register(7)[3] = 7;
        _guest.State.Mxcsr = 0x3F80;
        Assert.Null(_guest.Run(a =>
        {
            a.fldpi();
            a.fld1();
            if (compacted)
            {
                a.xsavec64(__[rsi]);
            }
            else
            {
                a.xsave64(__[rsi]);
            }
        }));
        ulong[] before = ((ReadOnlySpan<ulong>)_guest.State.Fx).ToArray();
        _guest.Register(15)[0] = 0;
        _guest.Register(1)[2] = 99;
        _guest.State.Mxcsr = 0x1F80;
        Assert.Null(_guest.Run(a =>
        {
            a.fninit();
            a.xrstor64(__[rsi]);
        }));
        Assert.Equal(before, ((ReadOnlySpan<ulong>)_guest.State.Fx).ToArray());
        Assert.Equal(15UL, _guest.Register(15)[0]);
        Assert.Equal(7UL, _guest.Register(7)[3]);
        Assert.Equal(0UL, _guest.Register(1)[2]);
        Assert.Equal(0x3F80u, _guest.State.Mxcsr);
    }

    [Theory]
    [InlineData(512, 8)] // a component that XCR0 does not have
    [InlineData(520, 1)] // XCOMP_BV without its top bit
    [InlineData(528, 1)] // reserved in both formats
    [InlineData(25, 0xFF)] // MXCSR
    [InlineData(26, 1)]
    public void A_bad_header_or_MXCSR_is_a_general_protection_fault(int at, int value)
    {
        Assert.Null(_guest.Run(a => a.xsave64(__[rsi])));
        _guest.Write(VectorGuest.Data + (ulong)at, (byte)value);
        Assert.Equal(at == 25 ? null : Vector.GP, _guest.Run(a => a.xrstor64(__[rsi])));
    }

    [Fact]
    public void Areas_must_be_aligned()
    {
        _guest.State.Rsi = VectorGuest.Data + 8;
        Assert.Equal(Vector.GP, _guest.Run(a => a.fxsave64(__[rsi])));
        _guest.State.Rsi = VectorGuest.Data + 32;
        Assert.Equal(Vector.GP, _guest.Run(a => a.xsave64(__[rsi])));
        Assert.Null(_guest.Run(a => a.fxsave64(__[rsi])));
    }

    [Fact]
    public void Supervisor_images_must_be_compacted()
    {
        Assert.Null(_guest.Run(a => a.xsave64(__[rsi])));
        Assert.Equal(Vector.GP, _guest.Run(a => a.xrstors64(__[rsi])));
        Assert.Null(_guest.Run(a => a.xsaves64(__[rsi])));
        Assert.Null(_guest.Run(a => a.xrstors64(__[rsi])));
    }

    [Theory]
    [InlineData(0, 7, null)]
    [InlineData(0, 1, null)]
    [InlineData(0, 6, Vector.GP)] // x87 is always enabled
    [InlineData(0, 5, Vector.GP)] // AVX without SSE
    [InlineData(0, 15, Vector.GP)]
    [InlineData(1, 7, Vector.GP)]
    public void XCR0_takes_what_the_model_has(ulong register, ulong value, Vector? expected)
    {
        _guest.State.Rcx = register;
        _guest.State.Rax = value;
        _guest.State.Rdx = 0;
        Assert.Equal(expected, _guest.Run(a => a.xsetbv()));
    }

    [Fact]
    public void An_FXSAVE_image_holds_no_pointers_and_leaves_its_last_96_bytes_alone()
    {
        Fill(0xCC);
        _guest.Register(2)[0] = 0x55;
        Assert.Null(_guest.Run(a =>
        {
            a.fld1();
            a.fxsave64(__[rsi]);
        }));
        byte[] image = _guest.Read(VectorGuest.Data, 512);
        Assert.Equal(0x80_3800_037FUL, Quad(image, 0));
        Assert.Equal(0UL, Quad(image, 8) | Quad(image, 16));
        Assert.Equal(0x0000_FFFF_0000_1F80UL, Quad(image, 24));
        Assert.Equal(0x8000_0000_0000_0000UL, Quad(image, 32));
        Assert.Equal(0x3FFFUL, Quad(image, 40));
        Assert.Equal(0x55UL, Quad(image, 160 + 32));
        Assert.All(image[416..], value => Assert.Equal(0xCC, value));
    }

    [Fact]
    public void Code_of_32_bits_sees_eight_registers()
    {
        _guest.EnterCompatibilityMode();
        Fill(0xCC);
        for (int i = 0; i < 16; i++)
        {
            _guest.Register(i).Fill((ulong)i + 1);
        }

        Assert.Null(_guest.Run(0x0F, 0xAE, 0x26)); // xsave [esi]
        byte[] image = _guest.Read(VectorGuest.Data, 832);
        Assert.Equal(XsaveLayout.Sse | XsaveLayout.Avx, Quad(image, 512) & XsaveLayout.All);
        Assert.Equal(8UL, Quad(image, 160 + (7 * 16)));
        Assert.All(image[288..512], value => Assert.Equal(0xCC, value));
        Assert.Equal(8UL, Quad(image, 576 + (7 * 16)));
        Assert.All(image[704..832], value => Assert.Equal(0xCC, value));
        Assert.Null(_guest.Run(0xC5, 0xF8, 0x77)); // vzeroupper
        Assert.Equal(0UL, _guest.Register(7)[2]);
        Assert.Equal(9UL, _guest.Register(8)[2]);
        Assert.Null(_guest.Run(0xC5, 0xFC, 0x77)); // vzeroall
        Assert.Equal(0UL, _guest.Register(7)[0]);
        Assert.Equal(9UL, _guest.Register(8)[0]);
    }

    [Theory]
    [InlineData(8, 0UL, "0F1016", Vector.GP)] // movups xmm2, [esi]
    [InlineData(8, 0UL, "C4E2712D16", null)] // vmaskmovpd xmm2, xmm1, [esi]
    [InlineData(8, 1UL << 63, "C4E2712D16", Vector.GP)]
    [InlineData(0, 0UL, "0F1016", null)]
    [InlineData(0, 0UL, "0FAE26", Vector.GP)] // xsave [esi]
    public void Segment_limits_hold_for_what_is_accessed(ulong offset, ulong secondMask, string code, Vector? expected)
    {
        _guest.EnterCompatibilityMode();
        ref Segment ds = ref _guest.State.Segments[(int)SegmentName.Ds];
        ds.Base = VectorGuest.Data;
        ds.Limit = 15;
        _guest.State.Rsi = offset;
        _guest.Register(1)[0] = 1UL << 63;
        _guest.Register(1)[1] = secondMask;
        Assert.Equal(expected, _guest.Run(Convert.FromHexString(code)));
    }

    private ulong StateBvOfXsave()
    {
        Assert.Null(_guest.Run(a => a.xsave64(__[rsi])));
        return Quad(_guest.Read(VectorGuest.Data, 832), 512);
    }

    private void Fill(byte value)
    {
        var bytes = new byte[832];
        bytes.AsSpan().Fill(value);
        _guest.Write(VectorGuest.Data, bytes);
    }

    private static ulong Quad(byte[] image, int at) => BinaryPrimitives.ReadUInt64LittleEndian(image.AsSpan(at));
}
