using System.Collections.Frozen;
using Guest.Machine.Board;
using Iced.Intel;

namespace Guest.Machine.X86;

/// <summary>A processor model: what CPUID answers. It is part of the machine description and the same on every host.</summary>
public sealed class CpuModel
{
    private readonly FrozenDictionary<ulong, CpuidLeaf> _leaves;
    private readonly bool[] _announced;

    /// <summary>Creates a model.</summary>
    /// <param name="name">What the user types for it.</param>
    /// <param name="leaves">All leaves and subleaves.</param>
    /// <param name="features">The instruction-set features it announces, in the decoder's terms.</param>
    /// <param name="cr4Bits">Bits of CR4 that may be set.</param>
    /// <param name="archCapabilities">IA32_ARCH_CAPABILITIES.</param>
    public CpuModel(string name, IReadOnlyList<CpuidLeaf> leaves, IReadOnlyList<CpuidFeature> features, ulong cr4Bits, ulong archCapabilities)
    {
        Cr4Bits = cr4Bits;
        ArchCapabilities = archCapabilities;
        Name = name;
        Leaves = leaves;
        Features = features;
        _leaves = leaves.ToFrozenDictionary(leaf => ((ulong)leaf.Leaf << 32) | leaf.Subleaf);
        _announced = new bool[Enum.GetValues<CpuidFeature>().Length];
        foreach (CpuidFeature feature in features)
        {
            _announced[(int)feature] = true;
        }
    }

    /// <summary>What the user types for it.</summary>
    public string Name { get; }

    /// <summary>All leaves and subleaves.</summary>
    public IReadOnlyList<CpuidLeaf> Leaves { get; }

    /// <summary>The instruction-set features it announces.</summary>
    public IReadOnlyList<CpuidFeature> Features { get; }

    /// <summary>Bits of CR4 that may be set; others raise #GP.</summary>
    public ulong Cr4Bits { get; }

    /// <summary>IA32_ARCH_CAPABILITIES (Intel SDM 4, table 2-2).</summary>
    public ulong ArchCapabilities { get; }

    /// <summary>Whether a feature is announced.</summary>
    public bool Announces(CpuidFeature feature) => _announced[(int)feature];

    /// <summary>Whether an instruction exists on this model.</summary>
    public bool Announces(Code code)
    {
        foreach (CpuidFeature feature in code.CpuidFeatures())
        {
            if (!Announces(feature))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>What this model executes where another one has an instruction that it does not announce: itself, another one (SDM 2B, TZCNT: BSF with an ignored prefix), or NOP.</summary>
    public Code Executes(Code code) => Announces(code) ? code : code switch
    {
        // Encodings that processors without control-flow enforcement execute as NOP, and WBNOINVD as WBINVD.
        Code.Endbr32 or Code.Endbr64 or Code.Rdsspd_r32 or Code.Rdsspq_r64 => Code.Nopd,
        Code.Cldemote_m8 or Code.Prefetchit0_m8 or Code.Prefetchit1_m8 => Code.Nop_rm32,
        Code.Prefetchwt1_m8 => Code.Prefetchw_m8,
        Code.Wbnoinvd => Code.Wbinvd,
        Code.Tzcnt_r16_rm16 => Code.Bsf_r16_rm16,
        Code.Tzcnt_r32_rm32 => Code.Bsf_r32_rm32,
        Code.Tzcnt_r64_rm64 => Code.Bsf_r64_rm64,
        Code.Lzcnt_r16_rm16 => Code.Bsr_r16_rm16,
        Code.Lzcnt_r32_rm32 => Code.Bsr_r32_rm32,
        Code.Lzcnt_r64_rm64 => Code.Bsr_r64_rm64,
        _ => code,
    };

    /// <summary>The answer of CPUID; leaves that are not in the model answer zeros (docs/cpu-models.md).</summary>
    public CpuidLeaf Query(uint leaf, uint subleaf) =>
        _leaves.TryGetValue(((ulong)leaf << 32) | (HasSubleaves(leaf) ? subleaf : 0), out CpuidLeaf found)
            ? found
            : new CpuidLeaf(leaf, subleaf, 0, 0, 0, 0);

    /// <summary>Whether ECX matters to a leaf (Intel SDM 2A, CPUID).</summary>
    public static bool HasSubleaves(uint leaf) => leaf is 4 or 7 or 0xB or 0xD or 0xF or 0x10 or 0x12 or 0x14 or 0x17 or 0x18 or 0x1F;
}
