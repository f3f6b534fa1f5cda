using Guest.Machine.X86;
using Guest.Machine.X86.Decode;
using Iced.Intel;

namespace Guest.Machine.Tests.X86;

/// <summary>The list of instructions is whole.</summary>
public sealed class InstructionTableTests
{
    private static readonly CpuidFeature[] Integer =
    [
        CpuidFeature.INTEL8086, CpuidFeature.INTEL186, CpuidFeature.INTEL286, CpuidFeature.INTEL386, CpuidFeature.INTEL486, CpuidFeature.X64,
        CpuidFeature.CMOV, CpuidFeature.CX8, CpuidFeature.CMPXCHG16B, CpuidFeature.POPCNT, CpuidFeature.LZCNT, CpuidFeature.BMI1, CpuidFeature.BMI2,
        CpuidFeature.ADX, CpuidFeature.MOVBE, CpuidFeature.MULTIBYTENOP, CpuidFeature.PAUSE, CpuidFeature.PREFETCHW, CpuidFeature.CLFSH, CpuidFeature.CLFLUSHOPT,
    ];

    [Fact]
    public void Every_integer_instruction_of_each_mode_has_a_row() => Assert.DoesNotContain(Decoded(), code => InstructionTable.Find(code) is null);

    [Fact]
    public void Every_row_has_the_forms_its_operands_can_take()
    {
        Assert.DoesNotContain(Decoded(), code => TakesMemory(code) && InstructionTable.Find(code)!.Memory is null);
        Assert.DoesNotContain(Decoded(), code => !OnlyMemory(code) && InstructionTable.Find(code)!.Register is null);
    }

    private static IEnumerable<Code> Decoded() => Enum.GetValues<Code>().Where(code =>
        code.ToOpCode() is { IsInstruction: true, Fwait: false, DecoderOption: DecoderOptions.None } info
        && (info.IntelDecoder16 || info.IntelDecoder32 || info.IntelDecoder64)
        && code.CpuidFeatures().All(Integer.Contains));

    private static bool TakesMemory(Code code) => Operands(code).Any(kind => kind is OpCodeOperandKind.mem or OpCodeOperandKind.mem_offs
        or OpCodeOperandKind.r8_or_mem or OpCodeOperandKind.r16_or_mem or OpCodeOperandKind.r32_or_mem or OpCodeOperandKind.r64_or_mem);

    private static bool OnlyMemory(Code code) => Operands(code).Any(kind => kind is OpCodeOperandKind.mem or OpCodeOperandKind.mem_offs
        or OpCodeOperandKind.seg_rBX_al);

    private static IEnumerable<OpCodeOperandKind> Operands(Code code)
    {
        OpCodeInfo info = code.ToOpCode();
        return Enumerable.Range(0, info.OpCount).Select(info.GetOpKind);
    }
}
