using System.Collections.Frozen;
using Guest.Machine.Hardware.Native;
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

    private static readonly string?[] reasons = [.. Enum.GetValues<Code>().Select(Exclusions.ReasonFor)];

    private static readonly Code[][] announced = [.. Enum.GetValues<CpuMode>().Select(mode => Enum.GetValues<Code>().Where(code => Exists(code, mode)).ToArray())];

    private static readonly HashSet<Code>[] compared = [.. announced.Select(codes => codes.Where(code => reasons[(int)code] is null && IsHere(code)).ToHashSet())];

    /// <summary>Every code the machine has in a mode, by number.</summary>
    public static IReadOnlyList<Code> Announced(CpuMode mode) => announced[(int)mode];

    /// <summary>Every code that is compared in a mode, by number.</summary>
    public static IEnumerable<Code> All(CpuMode mode) => announced[(int)mode].Where(code => reasons[(int)code] is null);

    /// <summary>Those of them that this host can execute.</summary>
    public static IEnumerable<Code> Here(CpuMode mode) => All(mode).Where(IsHere);

    /// <summary>Why a code of the machine is not compared; null where it is.</summary>
    public static string? ReasonAgainst(Code code) => reasons[(int)code];

    /// <summary>Whether a decoded instruction may run as a case: invalid ones may (they are #UD everywhere).</summary>
    public static bool IsSafe(Code code, CpuMode mode) => code == Code.INVALID || compared[(int)mode].Contains(code);

    // Some hosts' kernels, above all those of nested virtual machines, keep the bases of FS and GS to themselves.
    private static bool IsHere(Code code) => HostMemory.HasFsGsBase() || !code.CpuidFeatures().Contains(CpuidFeature.FSGSBASE);

    private static bool Exists(Code code, CpuMode mode)
    {
        OpCodeInfo info = code.ToOpCode();
        bool inMode = mode == CpuMode.Long ? info.Mode64 && info.IntelDecoder64 : info.Mode32 && info.IntelDecoder32;
        return inMode && info is { IsInstruction: true, DecoderOption: DecoderOptions.None }
            && (info.Encoding is EncodingKind.Legacy or EncodingKind.VEX)
            && code != Code.INVALID && code.CpuidFeatures().All(Features.Contains);
    }
}
