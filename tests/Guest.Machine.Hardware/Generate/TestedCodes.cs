using System.Collections.Frozen;
using Guest.Machine.X86;
using Iced.Intel;

namespace Guest.Machine.Hardware.Generate;

/// <summary>Which instructions are compared with the host's CPU.</summary>
public static class TestedCodes
{
    /// <summary>The processor model with the most instructions.</summary>
    public const string Model = "x86-64-v3";

    /// <summary>The features the machine announces, in the decoder's terms.</summary>
    public static FrozenSet<CpuidFeature> Features { get; } = CpuModels.Create(Model).Features.ToFrozenSet();

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
