using Guest.Machine.Hardware;
using Guest.Machine.Hardware.Compare;
using Guest.Machine.Hardware.Native;
using Iced.Intel;

namespace Guest.Machine.Tests.Hardware;

/// <summary>The comparison sees what it is there to see.</summary>
[Collection("the host's signals")]
public sealed class ComparisonTests
{
    private const int Cases = 64;

    public static TheoryData<string> Parts => [.. Damages.Keys];

    private static Dictionary<string, DamagedCpu.Damage> Damages { get; } = new()
    {
        ["a general register"] = (ref CpuSnapshot s, ref Outcome _, ICpuUnderTest _) => s.Gpr[11] ^= 1UL << 63,
        ["the instruction pointer"] = (ref CpuSnapshot s, ref Outcome _, ICpuUnderTest _) => s.Rip ^= 1,
        ["a flag that no instruction here leaves undefined"] = (ref CpuSnapshot s, ref Outcome _, ICpuUnderTest _) => s.Rflags ^= 0x40,
        ["the direction flag"] = (ref CpuSnapshot s, ref Outcome _, ICpuUnderTest _) => s.Rflags ^= 0x400,
        ["the base of GS"] = (ref CpuSnapshot s, ref Outcome _, ICpuUnderTest _) => s.GsBase ^= 2,
        ["the lower half of a vector register"] = (ref CpuSnapshot s, ref Outcome _, ICpuUnderTest _) => s.XmmLow(15)[1] ^= 1,
        ["the upper half of a vector register"] = (ref CpuSnapshot s, ref Outcome _, ICpuUnderTest _) => s.YmmHigh(0)[0] ^= 1,
        ["MXCSR"] = (ref CpuSnapshot s, ref Outcome _, ICpuUnderTest _) => s.Mxcsr ^= 1,
        ["an x87 register"] = (ref CpuSnapshot s, ref Outcome _, ICpuUnderTest _) => s.Stack(7)[1] ^= 0x8000,
        ["the x87 status word"] = (ref CpuSnapshot s, ref Outcome _, ICpuUnderTest _) => s.StatusWord ^= 0x100,
        ["the x87 tags"] = (ref CpuSnapshot s, ref Outcome _, ICpuUnderTest _) => s.Tags ^= 0x80,
        ["a byte of memory far from the operand"] = (ref CpuSnapshot _, ref Outcome _, ICpuUnderTest cpu) => cpu.Data[^1] ^= 1,
        ["a byte of the page between two that may not be written"] = (ref CpuSnapshot _, ref Outcome _, ICpuUnderTest cpu) => cpu.Mixed[Arena.Page] ^= 0x80,
        ["an error code"] = (ref CpuSnapshot _, ref Outcome o, ICpuUnderTest _) => o = o.Vector == 14 ? o with { ErrorCode = o.ErrorCode ^ 2 } : o,
        ["the address of a page fault"] = (ref CpuSnapshot _, ref Outcome o, ICpuUnderTest _) => o = o.Vector == 14 ? o with { Address = o.Address + 1 } : o,
        ["the vector of an exception"] = (ref CpuSnapshot _, ref Outcome o, ICpuUnderTest _) => o = o.Vector == 13 ? o with { Vector = 12 } : o,
    };

    [Theory]
    [MemberData(nameof(Parts))]
    public void A_wrong_bit_in_any_part_of_a_result_is_a_mismatch(string part) => Assert.True(Mismatches(Damages[part]) > 0);

    [Fact]
    public void Two_equal_results_are_no_mismatch() =>
        Assert.Equal(0, Mismatches((ref CpuSnapshot _, ref Outcome _, ICpuUnderTest _) => { }));

    [Fact]
    public void The_other_operands_fault_is_accepted_exactly_where_that_operand_faults_too()
    {
        long wrong = 0;
        long free = 0;
        long mismatches = Mismatches(Code.Cmpsb_m8_m8, (ref CpuSnapshot s, ref Outcome o, ICpuUnderTest _) =>
        {
            ulong other = o.Address == s.Gpr[7] ? s.Gpr[6] : s.Gpr[7];
            if (o.Vector == 14 && o.ErrorCode == 4 && s.GsBase == 0 && other != o.Address && other - Arena.Base < Arena.Size)
            {
                o = o with { Address = other };
                free += Arena.IsReadable(other) ? 0 : 1;
                wrong += Arena.IsReadable(other) ? 1 : 0;
            }
        });
        Assert.True(free > 0 && wrong > 0);

        // Each of them ran a second time.
        Assert.Equal(wrong, 2 * mismatches);
    }

    [Fact]
    public void A_register_that_differs_is_a_mismatch_also_where_both_operands_fault() =>
        Assert.True(Mismatches(Code.Cmpsb_m8_m8, (ref CpuSnapshot s, ref Outcome o, ICpuUnderTest _) =>
        {
            bool both = !Arena.IsReadable(s.Gpr[6]) && !Arena.IsReadable(s.Gpr[7]);
            s.Gpr[11] ^= both ? 1UL : 0;
        }) > 0);

    // ADD to memory: it has operands, flags, memory and (at these addresses) every fault of data accesses.
    private static long Mismatches(DamagedCpu.Damage damage) => Mismatches(Code.Add_rm64_r64, damage);

    private static long Mismatches(Code code, DamagedCpu.Damage damage)
    {
        long mismatches = -1;
        var thread = new Thread(() =>
        {
            using var host = new HostCpu();
            host.Enter(CpuMode.Long);
            using var damaged = new DamagedCpu(new HostAgain(host), damage);
            var batch = new Batch(new Comparer(host, damaged), host.FsBase, Cases, new long[34], CpuMode.Long);
            mismatches = batch.Run(code, 1, 0, 20 * Cases, int.MaxValue, _ => { }).Mismatches;
        });
        thread.Start();
        thread.Join();
        return mismatches;
    }
}
