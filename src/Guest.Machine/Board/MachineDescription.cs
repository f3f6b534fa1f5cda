using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Guest.Machine.Board;

/// <summary>Everything that makes one machine differ from another before it starts: two machines built from equal descriptions are the same machine.</summary>
/// <remarks>It is written into a recording's manifest (docs/log-format.md) and wins over the host it is replayed on.</remarks>
public sealed record MachineDescription
{
    /// <summary>The name of the CPU model, such as <c>x86-64-v3</c>.</summary>
    public required string CpuModel { get; init; }

    /// <summary>Every CPUID answer of that model, in ascending order of leaf and subleaf.</summary>
    public required ImmutableArray<CpuidLeaf> Cpuid { get; init; }

    /// <summary>Size of the guest's RAM in bytes.</summary>
    public required ulong MemoryBytes { get; init; }

    /// <summary>Number of virtual processors, from 1.</summary>
    public required int Vcpus { get; init; }

    /// <summary>Whether several vCPUs run at once, each on a host thread of its own: their order is in the log. There are several then, and no <see cref="Turns"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Parallel { get; init; }

    /// <summary>How several vCPUs take turns; null where there is one, or they run at once.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TurnsDescription? Turns { get; init; }

    /// <summary>What the time-stamp counter follows.</summary>
    public required ClockMode ClockMode { get; init; }

    /// <summary>Frequency of the time-stamp counter in ticks per second.</summary>
    public required ulong TscHz { get; init; }

    /// <summary>
    /// Ticks of the time-stamp counter per retired instruction, as 32.32 fixed point: the only rate under <see cref="ClockMode.Virtual"/>,
    /// the one before the first anchor under <see cref="ClockMode.Host"/>.
    /// </summary>
    public required ulong VirtualRate { get; init; }

    /// <summary>
    /// The key of the hash of memory pages (<see cref="Memory.PageHash"/>), which the guest does not get to know; null in recordings of format version 1.
    /// Two machines that differ in it alone behave alike.
    /// </summary>
    public Hash128? MemoryHashKey { get; init; }

    /// <summary>The devices on the board, in ascending order of their numbers.</summary>
    public required ImmutableArray<DeviceDescription> Devices { get; init; }

    /// <summary>The devices on the PCI bus, which stand in <see cref="Devices"/> too; recordings of format versions 1 and 2 have none.</summary>
    public ImmutableArray<PciDeviceDescription> Pci
    {
        get => field.IsDefault ? [] : field;
        init;
    }
}
