using Guest.Machine.X86;
using Guest.Machine.X86.Observe;
using Iced.Intel;
using Xunit.Abstractions;
using static Iced.Intel.AssemblerRegisters;

namespace Guest.Machine.Tests.X86;

/// <summary>Where repeated string instructions stop on their way, and that nothing else shows how they were done.</summary>
public sealed class RepeatedStringTests(ITestOutputHelper output)
{
    private static readonly Action<Assembler>[] Instructions =
    [
        a => a.rep.movsb(), a => a.rep.movsw(), a => a.rep.movsd(), a => a.rep.movsq(),
        a => a.rep.stosb(), a => a.rep.stosw(), a => a.rep.stosd(), a => a.rep.stosq(),
        a => a.rep.lodsb(), a => a.rep.lodsq(),
        a => a.repe.cmpsb(), a => a.repne.cmpsw(), a => a.repe.cmpsq(),
        a => a.repne.scasb(), a => a.repe.scasw(), a => a.repne.scasd(),
    ];

    [Fact]
    public void A_copy_stops_at_each_page_of_either_operand_and_retires_once()
    {
        using var cpu = new BareCpu();
        cpu.Load(a => a.rep.movsb());
        (cpu.State.Rsi, cpu.State.Rdi, cpu.State.Rcx) = (0x2_0F00, 0x3_0800, 0x1900);
        ulong retired = cpu.State.Retired;
        Assert.Equal([0x1800UL, 0x1100, 0x800, 0x100, 0], Stops(cpu));
        Assert.Equal(retired + 1, cpu.State.Retired);
        Assert.False(cpu.State.InRep);
    }

    [Fact]
    public void An_element_that_crosses_a_page_is_a_stop_of_its_own()
    {
        using var cpu = new BareCpu();
        cpu.Load(a => a.rep.stosq());
        (cpu.State.Rdi, cpu.State.Rcx) = (0x3_0FEC, 5);
        Assert.Equal([3UL, 2, 0], Stops(cpu));
    }

    [Fact]
    public void Going_down_it_stops_where_the_next_element_begins_in_another_page()
    {
        using var cpu = new BareCpu();
        cpu.Load(a => a.rep.stosd());
        (cpu.State.Rdi, cpu.State.Rcx) = (0x3_0008, 5);
        cpu.Cpu.SetFlags(0x402);
        Assert.Equal([2UL, 0], Stops(cpu));
        Assert.Equal(0x3_0008UL - 20, cpu.State.Rdi);
    }

    [Fact]
    public void A_stop_stands_at_the_instruction_with_its_count_in_the_position()
    {
        using var cpu = new BareCpu();
        cpu.Load(a => a.rep.lodsb());
        (cpu.State.Rsi, cpu.State.Rcx) = (0x2_0000, 0x1001);
        cpu.Engine.Run(cpu.State.Retired + 1);
        Assert.Equal(new Position(0, 0, 1), cpu.Cpu.Position);
        Assert.Equal(BareCpu.CodeAddress, cpu.State.Rip);
    }

    [Fact]
    public void An_overlapping_copy_upwards_repeats_its_first_bytes()
    {
        using var cpu = new BareCpu();
        cpu.Memory.Write(new GuestPhysical(0x2_0000), [1, 2, 3]);
        cpu.Load(a => a.rep.movsb());
        (cpu.State.Rsi, cpu.State.Rdi, cpu.State.Rcx) = (0x2_0000, 0x2_0003, 9);
        cpu.Retire(1);
        Assert.Equal([1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3], cpu.Read(0x2_0000, 12));
    }

    [Fact]
    public void A_count_of_zero_touches_nothing_and_retires()
    {
        using var cpu = new BareCpu();
        cpu.Load(a => a.rep.movsb());
        (cpu.State.Rsi, cpu.State.Rdi, cpu.State.Rcx) = (ulong.MaxValue / 2, ulong.MaxValue / 2, 0);
        cpu.Retire(1);
        Assert.Equal(BareCpu.CodeAddress + 2, cpu.State.Rip);
    }

    [Fact]
    public void Input_and_output_pass_each_element_through_the_port_in_order()
    {
        using var cpu = new BareCpu();
        cpu.Load(a =>
        {
            a.rep.insw();
            a.rep.outsw();
        });
        (cpu.State.Rdi, cpu.State.Rsi, cpu.State.Rcx, cpu.State.Rdx) = (0x2_0000, 0x2_0000, 3, 0x3F8);
        cpu.Retire(1);
        cpu.State.Rcx = 2;
        cpu.Retire(1);
        Assert.Equal([1, 0, 2, 0, 3, 0], cpu.Read(0x2_0000, 6));
        Assert.Equal([(0x3F8, 2, 1u), (0x3F8, 2, 2u)], cpu.Bus.Written);
    }

    [Fact]
    public void Doing_many_elements_at_once_cannot_be_told_from_one_after_the_other()
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int round = 0; round < 400; round++)
        {
            using var many = new BareCpu();
            using var single = new BareCpu(tlbEntries: 2);
            List<string> accessed = [];
            List<string> told = [];
            using var sighted = new BareCpu();
            single.Cpu.Observe(new Seeing(single, accessed, takesRuns: false));
            sighted.Cpu.Observe(new Seeing(sighted, told, takesRuns: true));
            Action<Assembler> code = Instructions[random.Next(Instructions.Length)];
            var data = new byte[0x6000];
            random.NextBytes(data.AsSpan(random.Next(data.Length)));
            (ulong from, ulong to, ulong count) = (Address(random), Address(random), (ulong)random.Next(1200));
            ulong flags = random.Next(2) == 0 ? 0x402UL : 2;
            foreach (BareCpu cpu in (ReadOnlySpan<BareCpu>)[many, single, sighted])
            {
                cpu.Memory.Write(new GuestPhysical(0x2_0000), data);
                cpu.Load(code);
                (cpu.State.Rsi, cpu.State.Rdi, cpu.State.Rcx, cpu.State.Rax) = (from, to, count, 0);
                cpu.Cpu.SetFlags(flags);
            }

            List<ulong> stops = Stops(single);
            Assert.Equal(stops, Stops(many));
            Assert.Equal(single.Cpu.GetFlags(), many.Cpu.GetFlags());
            Assert.Equal((single.State.Rax, single.State.Rsi, single.State.Rdi), (many.State.Rax, many.State.Rsi, many.State.Rdi));
            Assert.Equal(single.Read(0x1_8000, 0x1_0000), many.Read(0x1_8000, 0x1_0000));
            Assert.Equal(stops, Stops(sighted));
            Assert.Equal(accessed, told);
            Assert.Equal(single.Read(0x1_8000, 0x1_0000), sighted.Read(0x1_8000, 0x1_0000));
        }
    }

    // Mostly near each other, so that the operands overlap.
    private static ulong Address(Random random) => 0x2_2000 + (ulong)random.Next(random.Next(2) == 0 ? 40 : 0x3000);

    // The counts at which the engine came back before the instruction was complete, and the one at its end.
    private static List<ulong> Stops(BareCpu cpu)
    {
        List<ulong> counts = [];
        ulong until = cpu.State.Retired + 1;
        while (cpu.State.Retired < until)
        {
            cpu.Engine.Run(until);
            counts.Add(cpu.State.Rcx);
        }

        return counts;
    }

    // Runs are taken apart as a trace's reader does it. What was read from one place and written to the other stands in the other now.
    private sealed class Seeing(BareCpu cpu, List<string> accessed, bool takesRuns) : IAccessObserver
    {
        private readonly List<(ulong Word, ElementRun Run)> _together = [];

        public bool TakesRuns => takesRuns;

        public void Accessed(ulong linear, ulong physical, int size, bool write, ulong value) =>
            accessed.Add($"{linear:x} {physical:x} {size} {write} {value & (ulong.MaxValue >> (64 - (8 * size))):x}");

        public void AccessedRun(in ElementRun run)
        {
            ulong word = TraceWords.Interpreted(run);
            Assert.True(TraceWords.IsAccess(word));
            _together.Add((word, run));
            if (TraceWords.Alternates(word))
            {
                return;
            }

            for (int element = 0; element < TraceWords.ElementsOf(word); element++)
            {
                foreach ((ulong each, ElementRun of) in _together)
                {
                    Assert.Equal(of.Elements, TraceWords.ElementsOf(each));
                    ulong place = TraceWords.PlaceOf(each, element);
                    ulong stands = (run.IsWrite ? run.Physical : of.Physical) + place;
                    Accessed(of.Linear + place, of.Physical + place, TraceWords.SizeOf(each), TraceWords.IsWrite(each), BitConverter.ToUInt64(cpu.Read(stands, 8)));
                }
            }

            _together.Clear();
        }
    }
}
