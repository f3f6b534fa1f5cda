using System.Collections.Frozen;
using Iced.Intel;

namespace Guest.Machine.Hardware.Generate;

/// <summary>Which instructions are compared with the host's CPU.</summary>
public static class TestedCodes
{
    /// <summary>The features the machine announces, in the decoder's terms.</summary>
    public static FrozenSet<CpuidFeature> Features { get; } = new[]
    {
        CpuidFeature.INTEL8086, CpuidFeature.INTEL186, CpuidFeature.INTEL286, CpuidFeature.INTEL386, CpuidFeature.INTEL486,
        CpuidFeature.X64, CpuidFeature.ADX, CpuidFeature.AES, CpuidFeature.AVX, CpuidFeature.AVX2, CpuidFeature.BMI1,
        CpuidFeature.BMI2, CpuidFeature.CLFLUSHOPT, CpuidFeature.CLFSH, CpuidFeature.CMOV, CpuidFeature.CMPXCHG16B,
        CpuidFeature.CPUID, CpuidFeature.CX8, CpuidFeature.F16C, CpuidFeature.FMA, CpuidFeature.FPU, CpuidFeature.FPU287,
        CpuidFeature.FPU387, CpuidFeature.FSGSBASE, CpuidFeature.FXSR, CpuidFeature.INVPCID, CpuidFeature.LZCNT, CpuidFeature.MMX,
        CpuidFeature.MOVBE, CpuidFeature.MSR, CpuidFeature.MULTIBYTENOP, CpuidFeature.PAUSE, CpuidFeature.PCLMULQDQ,
        CpuidFeature.POPCNT, CpuidFeature.PREFETCHW, CpuidFeature.RDPMC, CpuidFeature.RDTSCP, CpuidFeature.SEP, CpuidFeature.SHA,
        CpuidFeature.SMAP, CpuidFeature.SSE, CpuidFeature.SSE2, CpuidFeature.SSE3, CpuidFeature.SSE4_1, CpuidFeature.SSE4_2,
        CpuidFeature.SSSE3, CpuidFeature.SYSCALL, CpuidFeature.TSC, CpuidFeature.XSAVE, CpuidFeature.XSAVEC, CpuidFeature.XSAVEOPT,
    }.ToFrozenSet();

    private static readonly bool[] safe = [.. Enum.GetValues<Code>().Select(code => code == Code.INVALID || (IsAnnounced(code) && Exclusions.ReasonFor(code) is null))];

    private static readonly FrozenDictionary<Code, string> excluded = Enum.GetValues<Code>()
        .Where(IsAnnounced)
        .Select(code => (code, reason: Exclusions.ReasonFor(code)))
        .Where(entry => entry.reason is not null)
        .ToFrozenDictionary(entry => entry.code, entry => entry.reason!);

    /// <summary>Every code of the machine in 64-bit mode, by number.</summary>
    public static IReadOnlyList<Code> Announced { get; } = [.. Enum.GetValues<Code>().Where(IsAnnounced)];

    /// <summary>Every code that is compared, by number.</summary>
    public static IReadOnlyList<Code> All { get; } = [.. Announced.Where(code => !excluded.ContainsKey(code))];

    /// <summary>Why a code of the machine is not compared; null where it is.</summary>
    public static string? ReasonAgainst(Code code) => excluded.GetValueOrDefault(code);

    /// <summary>Whether the machine has the instruction in 64-bit mode.</summary>
    public static bool IsAnnounced(Code code)
    {
        OpCodeInfo info = code.ToOpCode();
        return info is { IsInstruction: true, Mode64: true, IntelDecoder64: true, DecoderOption: DecoderOptions.None }
            && (info.Encoding is EncodingKind.Legacy or EncodingKind.VEX)
            && code != Code.INVALID && code.CpuidFeatures().All(Features.Contains);
    }

    /// <summary>Whether a decoded instruction may run as a case: invalid ones may (they are #UD everywhere).</summary>
    public static bool IsSafe(Code code) => safe[(int)code];
}
