using System.Runtime.Intrinsics.X86;
using Iced.Intel;

namespace Guest.Machine.X86.HostCode;

/// <summary>What the host's processor must have so that stubs can run a model's instructions.</summary>
/// <remarks>Integer extensions (BMI, ADX, MOVBE, ...) are not here: their semantics are ours and need nothing of the host.</remarks>
public static class HostFeatures
{
    private enum Word
    {
        Leaf1Ecx,
        Leaf1Edx,
        Leaf7Ebx,
    }

    // Bits of CPUID leaves 1 and 7 (Intel SDM 2A, CPUID).
    private static readonly (CpuidFeature Feature, Word Word, int Bit)[] Needed =
    [
        (CpuidFeature.MMX, Word.Leaf1Edx, 23),
        (CpuidFeature.FXSR, Word.Leaf1Edx, 24),
        (CpuidFeature.SSE, Word.Leaf1Edx, 25),
        (CpuidFeature.SSE2, Word.Leaf1Edx, 26),
        (CpuidFeature.SSE3, Word.Leaf1Ecx, 0),
        (CpuidFeature.PCLMULQDQ, Word.Leaf1Ecx, 1),
        (CpuidFeature.SSSE3, Word.Leaf1Ecx, 9),
        (CpuidFeature.FMA, Word.Leaf1Ecx, 12),
        (CpuidFeature.SSE4_1, Word.Leaf1Ecx, 19),
        (CpuidFeature.SSE4_2, Word.Leaf1Ecx, 20),
        (CpuidFeature.AES, Word.Leaf1Ecx, 25),
        (CpuidFeature.AVX, Word.Leaf1Ecx, 28),
        (CpuidFeature.F16C, Word.Leaf1Ecx, 29),
        (CpuidFeature.AVX2, Word.Leaf7Ebx, 5),
        (CpuidFeature.SHA, Word.Leaf7Ebx, 29),
    ];

    /// <summary>The registers that CPUID answers with: EAX, EBX, ECX, EDX.</summary>
    /// <param name="leaf">EAX before.</param>
    public delegate (int Eax, int Ebx, int Ecx, int Edx) Cpuid(int leaf);

    /// <summary>Who made the host's processor, in CPUID's twelve letters: what x87 transcendental functions depend on.</summary>
    public static string Vendor
    {
        get
        {
            (_, int ebx, int ecx, int edx) = X86Base.CpuId(0, 0);
            Span<int> words = [ebx, edx, ecx];
            return System.Text.Encoding.ASCII.GetString(System.Runtime.InteropServices.MemoryMarshal.AsBytes(words));
        }
    }

    /// <summary>The vendor that a vCPU's state depends on: this host's, or nothing where no such instruction has run.</summary>
    public static string VendorIn(in CpuState state) => state.VendorDependentUsed ? Vendor : string.Empty;

    /// <summary>Refuses a host that lacks what a model's instructions need.</summary>
    /// <exception cref="ReplayKitException">The features that are missing, by name.</exception>
    public static void Require(CpuModel model) => Require(model, leaf => X86Base.CpuId(leaf, 0), Avx.IsSupported);

    /// <summary>The same for any host.</summary>
    /// <param name="model">The model.</param>
    /// <param name="cpuid">What its CPUID answers for subleaf 0.</param>
    /// <param name="keepsYmm">Whether its operating system keeps the YMM registers.</param>
    public static void Require(CpuModel model, Cpuid cpuid, bool keepsYmm)
    {
        List<CpuidFeature> missing = [.. Needed
            .Where(needed => model.Announces(needed.Feature) && !Has(cpuid, needed.Word, needed.Bit))
            .Select(needed => needed.Feature)];
        if (model.Announces(CpuidFeature.AVX) && !keepsYmm && !missing.Contains(CpuidFeature.AVX))
        {
            missing.Add(CpuidFeature.AVX);
        }

        if (missing.Count != 0)
        {
            throw new ReplayKitException(
                422,
                ExitCode.HostCannot,
                $"this host lacks {string.Join(", ", missing)}, which the CPU model {model.Name} has; choose another model or another host");
        }
    }

    private static bool Has(Cpuid cpuid, Word word, int bit)
    {
        if (word == Word.Leaf7Ebx && cpuid(0).Eax < 7)
        {
            return false;
        }

        (_, int ebx, int ecx, int edx) = cpuid(word == Word.Leaf7Ebx ? 7 : 1);
        int value = word switch { Word.Leaf1Ecx => ecx, Word.Leaf1Edx => edx, _ => ebx };
        return ((value >> bit) & 1) != 0;
    }
}
