using System.Collections.Immutable;
using Guest.Machine.Board;
using Vmm.Record;
using Vmm.Record.Network;

namespace ReplayKit.Cli.Arguments;

/// <summary>The machine that a user asks for, and when its run shall end.</summary>
internal sealed record MachineRequest
{
    /// <summary>Path of the kernel.</summary>
    public required string Kernel { get; init; }

    /// <summary>Path of the initial RAM disk; null for none.</summary>
    public required string? Initrd { get; init; }

    /// <summary>The kernel's command line.</summary>
    public required string CommandLine { get; init; }

    /// <summary>Size of the guest's RAM in bytes.</summary>
    public required ulong MemoryBytes { get; init; }

    /// <summary>Number of virtual processors.</summary>
    public required int Vcpus { get; init; }

    /// <summary>How several of them take turns; null for one.</summary>
    public required TurnsDescription? Turns { get; init; }

    /// <summary>Whether several virtual processors run at once.</summary>
    public required bool Parallel { get; init; }

    /// <summary>The name of the CPU model.</summary>
    public required string CpuModel { get; init; }

    /// <summary>What the guest's time follows.</summary>
    public required ClockMode Clock { get; init; }

    /// <summary>Its disks.</summary>
    public required ImmutableArray<DiskChoice> Disks { get; init; }

    /// <summary>Its network devices.</summary>
    public required ImmutableArray<NetworkChoice> Networks { get; init; }

    /// <summary>Where its frames are written; null for nowhere.</summary>
    public required string? Capture { get; init; }

    /// <summary>The socket by which others control it; null for none.</summary>
    public required string? Control { get; init; }

    /// <summary>Whether it goes on unrecorded where a disk is full that its recording needs.</summary>
    public required bool GoesOnWhenFull { get; init; }

    /// <summary>Whether it has a virtio console.</summary>
    public required bool VirtioConsole { get; init; }

    /// <summary>Whether it has an entropy device.</summary>
    public required bool Entropy { get; init; }

    /// <summary>What executes its instructions.</summary>
    public required EngineOptions Engine { get; init; }

    /// <summary>Whether the process keeps its rights while the machine runs.</summary>
    public required bool Unconfined { get; init; }

    /// <summary>The run ends after this time; null: when the guest ends it.</summary>
    public required TimeSpan? Seconds { get; init; }

    /// <summary>The run ends after this many instructions; null: when the guest ends it.</summary>
    public required ulong? Instructions { get; init; }
}
