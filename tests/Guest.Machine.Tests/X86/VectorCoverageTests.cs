using Guest.Machine.X86;
using Guest.Machine.X86.Decode;
using Iced.Intel;

namespace Guest.Machine.Tests.X86;

/// <summary>Whether the instruction table holds every vector and floating-point instruction that the models announce.</summary>
public sealed class VectorCoverageTests
{
    private static readonly CpuidFeature[] Groups =
    [
        CpuidFeature.FPU, CpuidFeature.FPU287, CpuidFeature.FPU387, CpuidFeature.MMX, CpuidFeature.SSE, CpuidFeature.SSE2, CpuidFeature.SSE3,
        CpuidFeature.SSSE3, CpuidFeature.SSE4_1, CpuidFeature.SSE4_2, CpuidFeature.AES, CpuidFeature.PCLMULQDQ, CpuidFeature.SHA,
        CpuidFeature.AVX, CpuidFeature.AVX2, CpuidFeature.FMA, CpuidFeature.F16C, CpuidFeature.FXSR, CpuidFeature.XSAVE,
        CpuidFeature.XSAVEOPT, CpuidFeature.XSAVEC, CpuidFeature.XSAVES,
    ];

    [Theory]
    [InlineData("x86-64-v2")]
    [InlineData("x86-64-v3")]
    public void Every_announced_vector_and_x87_instruction_has_a_row(string name)
    {
        CpuModel model = CpuModels.Create(name);
        List<Code> codes = [.. Enum.GetValues<Code>().Where(code => IsOurs(code) && model.Announces(code))];
        Assert.NotEmpty(codes);
        Assert.DoesNotContain(codes, code => InstructionTable.Find(code) is null);
    }

    [Fact]
    public void Every_form_that_the_decoder_yields_has_a_handler()
    {
        CpuModel model = CpuModels.Create("x86-64-v3");
        foreach (Code code in Enum.GetValues<Code>().Where(code => IsOurs(code) && model.Announces(code)))
        {
            InstructionRow row = InstructionTable.Find(code)!;
            OpCodeInfo form = code.ToOpCode();
            List<string> kinds = [.. Enumerable.Range(0, form.OpCount).Select(i => form.GetOpKind(i).ToString())];
            bool mayBeMemory = kinds.Any(kind => kind.Contains("mem", StringComparison.Ordinal));
            bool mayBeRegister = !kinds.Any(kind => kind == "mem" || kind.StartsWith("mem_", StringComparison.Ordinal));
            Assert.True(!mayBeMemory || row.Memory is not null, $"{code} with a memory operand");
            Assert.True(!mayBeRegister || row.Register is not null, $"{code} without a memory operand");
        }
    }

    // Left out: WAIT and an instruction spelled as one, which the decoder yields as two; what the decoder yields only when asked (FRSTPM and
    // other leftovers of the 287, Centaur's and Cyrix's encodings); AVX-512.
    private static bool IsOurs(Code code)
    {
        OpCodeInfo form = code.ToOpCode();
        return form is { IsInstruction: true, Fwait: false, DecoderOption: DecoderOptions.None, Encoding: EncodingKind.Legacy or EncodingKind.VEX }
            && code.CpuidFeatures().Any(Groups.Contains);
    }
}
