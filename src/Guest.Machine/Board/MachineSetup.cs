using System.Collections.Immutable;
using Guest.Machine.X86;

namespace Guest.Machine.Board;

/// <summary>Builds machine descriptions out of what a user chooses.</summary>
public static class MachineSetup
{
    /// <summary>Frequency of every machine's time-stamp counter: a tick is a nanosecond.</summary>
    public const ulong TscHz = 1_000_000_000;

    /// <summary>Ticks per instruction of a virtual clock, and of a host clock before its first anchor: 4, as 32.32 fixed point.</summary>
    public const ulong DefaultRate = 4UL << 32;

    /// <summary>The key of the hash of memory pages where nobody chooses another: under a virtual clock, so that two runs have equal hashes.</summary>
    public static readonly Hash128 DefaultMemoryHashKey = new(0x5265_706C_6179_4B69, 0x7420_7669_7274_7561);

    /// <summary>Describes a machine.</summary>
    /// <param name="cpuModel">A name of <see cref="CpuModels.Names"/>, with extras.</param>
    /// <param name="memoryBytes">RAM.</param>
    /// <param name="vcpus">vCPUs.</param>
    /// <param name="clock">What the time follows.</param>
    /// <param name="pci">The devices on the PCI bus.</param>
    /// <exception cref="ReplayKitException">There is no such CPU model.</exception>
    public static MachineDescription Describe(string cpuModel, ulong memoryBytes, int vcpus, ClockMode clock, params ImmutableArray<PciDeviceDescription> pci)
    {
        CpuModel model = CpuModels.Create(cpuModel, vcpus);
        return new MachineDescription
        {
            CpuModel = cpuModel,
            Cpuid = [.. model.Leaves],
            MemoryBytes = memoryBytes,
            Vcpus = vcpus,
            Turns = vcpus == 1 ? null : TurnsDescription.Default,
            ClockMode = clock,
            TscHz = TscHz,
            VirtualRate = DefaultRate,
            MemoryHashKey = DefaultMemoryHashKey,
            Devices = PcBoard.Describe(vcpus, pci),
            Pci = pci,
        };
    }
}
