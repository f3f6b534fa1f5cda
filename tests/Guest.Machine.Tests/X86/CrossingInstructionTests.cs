using Guest.Machine.Board;
using Guest.Machine.Memory;
using Guest.Machine.X86;
using Guest.Machine.X86.Translate;
using Iced.Intel;
using Xunit;

namespace Guest.Machine.Tests.X86;

/// <summary>Instructions that go on in the next page are translated, and notice whatever happens to that page.</summary>
public sealed class CrossingInstructionTests : IDisposable
{
    private const ulong Tables = 0x1000;
    private const ulong LastTable = Tables + 0x3000;
    private const ulong Second = 0x2_1000;
    private const ulong Other = 0x3_0000;
    private const int Value = 0x1122_3344;
    private readonly GuestMemory _memory = new(1 << 20);
    private readonly TranslatorStatistics _statistics = new();
    private readonly Vcpu _cpu;
    private readonly Translator _engine;

    /// <summary>Maps the first megabyte onto itself, and puts a loop at the end of one page and the beginning of the next.</summary>
    public CrossingInstructionTests()
    {
        _cpu = new Vcpu(0, _memory, new QuietBus(), CpuModels.Create("x86-64-v3"), 512);
        _engine = new Translator(_cpu, new EngineOptions { Statistics = _statistics });
        for (ulong level = 0; level < 3; level++)
        {
            Write(Tables + (level * 0x1000), BitConverter.GetBytes(Tables + ((level + 1) * 0x1000) + 7));
        }

        for (ulong page = 0; page < 256; page++)
        {
            Map(page << 12, page << 12);
        }

        ref CpuState s = ref _cpu.State;
        s.Segments[(int)SegmentName.Cs] = new Segment { Selector = 8, Limit = uint.MaxValue, Attributes = 0xA09B };
        (s.Cr3, s.Cr4, s.Efer, s.Cr0) = (Tables, 0x620, 0xD00, 0x8000_0033);
        s.Rsp = 0x8_0000;
        _cpu.UpdateMode();
        _cpu.FlushTranslations();

        // Three bytes of the six of ADD EDX, imm32 stand in the first page.
        var code = new Assembler(64);
        Label again = code.CreateLabel();
        code.Label(ref again);
        code.add(AssemblerRegisters.edx, Value);
        code.dec(AssemblerRegisters.rbx);
        code.jmp(again);
        using var bytes = new MemoryStream();
        code.Assemble(new StreamCodeWriter(bytes), Second - 3);
        Write(Second - 3, bytes.ToArray());
        Write(Other, bytes.ToArray()[3..]);
        s.Rip = Second - 3;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _engine.Dispose();
        _cpu.Dispose();
        _memory.Dispose();
    }

    [Fact]
    public void An_instruction_over_two_pages_is_translated()
    {
        Assert.Equal(unchecked((uint)Value * 100_000), Turns(100_000));
        Assert.True(_statistics.Interpreted is > 0 and < 20, $"{_statistics.Interpreted} times interpreted");
    }

    [Fact]
    public void Changed_bytes_in_the_second_page_are_executed()
    {
        Turns(10_000);
        Write(Second, [0x77]);
        Assert.Equal(unchecked(((uint)Value & 0xFFFF_00FF | 0x7700) * 10_000U), Turns(10_000));
        Write(Second, [0x33]);
        Assert.Equal(unchecked((uint)Value * 10_000), Turns(10_000));
    }

    [Fact]
    public void Changed_bytes_in_the_first_page_are_executed()
    {
        Turns(10_000);
        Write(Second - 1, [0x45]);
        Assert.Equal(unchecked((((uint)Value & 0xFFFF_FF00) | 0x45) * 10_000U), Turns(10_000));
    }

    [Fact]
    public void Another_page_behind_the_first_is_executed()
    {
        Turns(10_000);
        Write(Other, [0x01, 0x02, 0x03]);
        Map(Second, Other);
        Assert.Equal(unchecked(0x0302_0144U * 10_000U), Turns(10_000));
        Map(Second, Second);
        Assert.Equal(unchecked((uint)Value * 10_000), Turns(10_000));
    }

    [Fact]
    public void A_second_page_that_is_gone_faults()
    {
        Turns(10_000);
        Write(LastTable + ((Second >> 12) * 8), new byte[8]);
        ulong retired = _cpu.State.Retired;
        Assert.ThrowsAny<Exception>(() => Turns(10));
        Assert.True(_cpu.State.Retired - retired < 4);
        Assert.Equal(Second, _cpu.State.Cr2);
    }

    // What so many turns of the loop add to EDX.
    private uint Turns(ulong turns)
    {
        ref CpuState s = ref _cpu.State;
        ulong before = s.Rdx;
        ulong until = s.Retired + (3 * turns);
        while (s.Retired < until)
        {
            _engine.Run(until);
        }

        return (uint)(s.Rdx - before);
    }

    private void Map(ulong linear, ulong physical) => Write(LastTable + ((linear >> 12) * 8), BitConverter.GetBytes(physical | 7));

    private void Write(ulong address, byte[] bytes) => _memory.Write(new GuestPhysical(address), bytes);
}
