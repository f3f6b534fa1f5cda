using System.Numerics;
using System.Text;
using Guest.Machine.Board;
using Iced.Intel;
using static Guest.Machine.X86.ControlBits;

namespace Guest.Machine.X86;

/// <summary>The processor models a machine can have (docs/cpu-models.md).</summary>
public static class CpuModels
{
    /// <summary>Names of all models.</summary>
    public static IReadOnlyList<string> Names { get; } = ["x86-64-v2", "x86-64-v3"];

    /// <summary>Optional features that a name may add, as <c>x86-64-v3,+la57</c>.</summary>
    public static IReadOnlyList<string> Extras { get; } = ["la57"];

    // RDCL_NO, SKIP_L1DFL, SSB_NO, MDS_NO, PSCHANGE_MC_NO, TAA_NO, SBDR_SSDP_NO, FBSDP_NO, PSDP_NO, BHI_NO, PBRSB_NO, GDS_NO, RFDS_NO, ITS_NO.
    private const ulong NoKnownBugs = (1UL << 0) | (1 << 3) | (1 << 4) | (1 << 5) | (1 << 6) | (1 << 8) | (1 << 13) | (1 << 14) | (1 << 15) | (1 << 20) | (1 << 24) | (1 << 26) | (1 << 27) | (1UL << 62);

    private const ulong BaseCr4 = Cr4Tsd | Cr4De | Cr4Pse | Cr4Pae | Cr4Mce | Cr4Pge | Cr4Pce | Cr4OsFxsr | Cr4OsXmmExcpt | Cr4Umip | Cr4FsGsBase | Cr4Pcide | Cr4Smep | Cr4Smap;

    private static readonly CpuidFeature[] BaseFeatures =
    [
        CpuidFeature.INTEL8086, CpuidFeature.INTEL186, CpuidFeature.INTEL286, CpuidFeature.INTEL386, CpuidFeature.INTEL486,
        CpuidFeature.X64, CpuidFeature.FPU, CpuidFeature.FPU287, CpuidFeature.FPU387, CpuidFeature.CMOV, CpuidFeature.CPUID, CpuidFeature.CX8, CpuidFeature.CMPXCHG16B,
        CpuidFeature.FXSR, CpuidFeature.MMX, CpuidFeature.SSE, CpuidFeature.SSE2, CpuidFeature.SSE3, CpuidFeature.SSSE3, CpuidFeature.SSE4_1,
        CpuidFeature.SSE4_2, CpuidFeature.POPCNT, CpuidFeature.AES, CpuidFeature.PCLMULQDQ, CpuidFeature.SHA, CpuidFeature.FSGSBASE,
        CpuidFeature.INVPCID, CpuidFeature.SMAP, CpuidFeature.RDTSCP, CpuidFeature.TSC, CpuidFeature.MSR, CpuidFeature.SEP, CpuidFeature.SYSCALL,
        CpuidFeature.PAUSE, CpuidFeature.MULTIBYTENOP, CpuidFeature.CLFSH, CpuidFeature.CLFLUSHOPT, CpuidFeature.PREFETCHW, CpuidFeature.RDPID,
        CpuidFeature.RDPMC,
    ];

    private static readonly CpuidFeature[] Version3Features =
    [
        CpuidFeature.XSAVE, CpuidFeature.XSAVEOPT, CpuidFeature.XSAVEC, CpuidFeature.XSAVES, CpuidFeature.AVX, CpuidFeature.AVX2, CpuidFeature.FMA,
        CpuidFeature.F16C, CpuidFeature.BMI1, CpuidFeature.BMI2, CpuidFeature.LZCNT, CpuidFeature.MOVBE, CpuidFeature.ADX,
    ];

    /// <summary>Builds a model.</summary>
    /// <param name="name">One of <see cref="Names"/>, with extras after commas.</param>
    /// <param name="vcpus">Processors of the machine: part of the topology leaves.</param>
    /// <exception cref="ReplayKitException">Unknown name or extra.</exception>
    public static CpuModel Create(string name, int vcpus = 1)
    {
        string[] parts = name.Split(',', StringSplitOptions.TrimEntries);
        if (!Names.Contains(parts[0]))
        {
            throw new ReplayKitException(407, ExitCode.WrongUsage, $"there is no CPU model '{parts[0]}'; choose one of {string.Join(", ", Names)}");
        }

        foreach (string extra in parts.Skip(1))
        {
            if (!extra.StartsWith('+') || !Extras.Contains(extra[1..]))
            {
                throw new ReplayKitException(407, ExitCode.WrongUsage, $"there is no CPU feature '{extra}'; choose of {string.Join(", ", Extras.Select(known => "+" + known))}");
            }
        }

        bool version3 = parts[0] == "x86-64-v3";
        bool la57 = parts.Contains("+la57");
        return new CpuModel(
            name,
            Leaves(parts[0], version3, la57, vcpus),
            version3 ? [.. BaseFeatures, .. Version3Features] : BaseFeatures,
            BaseCr4 | (version3 ? Cr4OsXsave : 0) | (la57 ? Cr4La57 : 0),
            NoKnownBugs);
    }

    private static List<CpuidLeaf> Leaves(string name, bool v3, bool la57, int vcpus)
    {
        List<CpuidLeaf> leaves =
        [
            Vendor(0, 0x16, "GenuineIntel", intelOrder: true),

            // Family 6, model 0x36: the kernel's list of processors without speculation (docs/cpu-models.md).
            new(1, 0, 0x30661, 0x0001_0800, Bits(0, 1, 9, 13, 17, 19, 20, 21, 23, 24, 25, 31) | (v3 ? Bits(12, 22, 26, 28, 29) : 0), Bits(0, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 19, 23, 24, 25, 26)),
            new(2, 0, 0x0000_FF01, 0, 0, 0),
            new(4, 0, 0x0000_0121, 0x01C0_003F, 63, 0),
            new(4, 1, 0x0000_0122, 0x01C0_003F, 63, 0),
            new(4, 2, 0x0000_0143, 0x03C0_003F, 1023, 0),
            new(6, 0, Bits(2), 0, 0, 0),
            new(7, 0, 0, Bits(0, 1, 7, 9, 10, 20, 23, 29) | (v3 ? Bits(3, 5, 8, 19) : 0), Bits(2, 22) | (la57 ? Bits(16) : 0), Bits(4, 29)),
            new(0xB, 0, 0, 1, 0x100, 0),
            new(0xB, 1, (uint)BitOperations.Log2(BitOperations.RoundUpToPowerOf2((uint)vcpus)), (uint)vcpus, 0x201, 0),
            new(0xB, 2, 0, 0, 2, 0),
            new(0x15, 0, 1, 40, 25_000_000, 0),
            new(0x16, 0, 1000, 1000, 100, 0),
            Vendor(0x4000_0000, 0x4000_0001, "KVMKVMKVM\0\0\0", intelOrder: false),
            new(0x4000_0001, 0, Bits(1), 0, 0, 0),
            new(0x8000_0000, 0, 0x8000_0008, 0, 0, 0),
            new(0x8000_0001, 0, 0, 0, Bits(0, 8) | (v3 ? Bits(5) : 0), Bits(11, 20, 26, 27, 29)),
            .. Brand($"ReplayKit {name} processor"),
            new(0x8000_0006, 0, 0, 0, 0x0400_8040, 0),
            new(0x8000_0007, 0, 0, 0, 0, Bits(8)),
            new(0x8000_0008, 0, PhysicalBits | (la57 ? 57u : 48u) << 8, 0, 0, 0),
        ];
        if (v3)
        {
            leaves.Add(new(0xD, 0, 7, 576, 832, 0));
            leaves.Add(new(0xD, 1, 15, 576, 0, 0));
            leaves.Add(new(0xD, 2, 256, 576, 0, 0));
        }

        if (vcpus > 1)
        {
            AddTopology(leaves, BitOperations.RoundUpToPowerOf2((uint)vcpus));
        }

        return [.. leaves.OrderBy(leaf => leaf.Leaf).ThenBy(leaf => leaf.Subleaf)];
    }

    // One thread a core, all cores in one package, caches of their own (SDM 2A CPUID: leaf 1 EBX and HTT, leaf 4 EAX). The APIC id is each vCPU's own.
    private static void AddTopology(List<CpuidLeaf> leaves, uint ids)
    {
        for (int i = 0; i < leaves.Count; i++)
        {
            leaves[i] = leaves[i].Leaf switch
            {
                1 => leaves[i] with { Ebx = leaves[i].Ebx | (ids << 16), Edx = leaves[i].Edx | Bits(28) },
                4 => leaves[i] with { Eax = leaves[i].Eax | ((ids - 1) << 26) },
                _ => leaves[i],
            };
        }
    }

    private static uint Bits(params ReadOnlySpan<int> bits)
    {
        uint value = 0;
        foreach (int bit in bits)
        {
            value |= 1u << bit;
        }

        return value;
    }

    private static CpuidLeaf Vendor(uint leaf, uint max, string text, bool intelOrder)
    {
        uint[] words = Words(text);
        return intelOrder ? new(leaf, 0, max, words[0], words[2], words[1]) : new(leaf, 0, max, words[0], words[1], words[2]);
    }

    private static IEnumerable<CpuidLeaf> Brand(string text)
    {
        uint[] words = Words(text.PadRight(48, '\0'));
        for (uint i = 0; i < 3; i++)
        {
            yield return new(0x8000_0002 + i, 0, words[4 * i], words[(4 * i) + 1], words[(4 * i) + 2], words[(4 * i) + 3]);
        }
    }

    private static uint[] Words(string text)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(text);
        return [.. Enumerable.Range(0, bytes.Length / 4).Select(i => BitConverter.ToUInt32(bytes, 4 * i))];
    }
}
