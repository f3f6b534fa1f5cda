using Iced.Intel;
using Xunit;

namespace Guest.Machine.Tests.X86;

/// <summary>Instructions that go on in the next page are translated, and notice whatever happens to that page.</summary>
public sealed class CrossingInstructionTests : IDisposable
{
    private const ulong Second = 0x2_1000;
    private const ulong Other = 0x3_0000;
    private const int Value = 0x1122_3344;
    private readonly TranslatedGuest _guest = new();

    /// <summary>Puts a loop at the end of one page and the beginning of the next: three bytes of the six of ADD EDX, imm32 stand in the first.</summary>
    public CrossingInstructionTests()
    {
        byte[] bytes = _guest.Put(Second - 3, (code, again) =>
        {
            code.add(AssemblerRegisters.edx, Value);
            code.dec(AssemblerRegisters.rbx);
            code.jmp(again);
        });
        _guest.Write(Other, bytes[3..]);
        _guest.State.Rip = Second - 3;
    }

    /// <inheritdoc/>
    public void Dispose() => _guest.Dispose();

    [Fact]
    public void An_instruction_over_two_pages_is_translated()
    {
        Assert.Equal(unchecked((uint)Value * 100_000), Turns(100_000));
        Assert.True(_guest.Statistics.Interpreted is > 0 and < 20, $"{_guest.Statistics.Interpreted} times interpreted");
    }

    [Fact]
    public void Changed_bytes_in_the_second_page_are_executed()
    {
        Turns(10_000);
        _guest.Write(Second, [0x77]);
        Assert.Equal(unchecked(((uint)Value & 0xFFFF_00FF | 0x7700) * 10_000U), Turns(10_000));
        _guest.Write(Second, [0x33]);
        Assert.Equal(unchecked((uint)Value * 10_000), Turns(10_000));
    }

    [Fact]
    public void Changed_bytes_in_the_first_page_are_executed()
    {
        Turns(10_000);
        _guest.Write(Second - 1, [0x45]);
        Assert.Equal(unchecked((((uint)Value & 0xFFFF_FF00) | 0x45) * 10_000U), Turns(10_000));
    }

    [Fact]
    public void Another_page_behind_the_first_is_executed()
    {
        Turns(10_000);
        _guest.Write(Other, [0x01, 0x02, 0x03]);
        _guest.Map(Second, Other);
        Assert.Equal(unchecked(0x0302_0144U * 10_000U), Turns(10_000));
        _guest.Map(Second, Second);
        Assert.Equal(unchecked((uint)Value * 10_000), Turns(10_000));
    }

    [Fact]
    public void A_second_page_that_is_gone_faults()
    {
        Turns(10_000);
        _guest.Unmap(Second);
        ulong retired = _guest.State.Retired;
        Assert.ThrowsAny<Exception>(() => Turns(10));
        Assert.True(_guest.State.Retired - retired < 4);
        Assert.Equal(Second, _guest.State.Cr2);
    }

    // What so many turns of the loop add to EDX.
    private uint Turns(ulong turns)
    {
        ulong before = _guest.State.Rdx;
        _guest.Run(3 * turns);
        return (uint)(_guest.State.Rdx - before);
    }
}
