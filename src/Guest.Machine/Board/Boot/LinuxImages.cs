namespace Guest.Machine.Board.Boot;

/// <summary>What is loaded into a machine to boot Linux. All of it is an input, logged or hashed with the recording.</summary>
public sealed record LinuxImages
{
    /// <summary>The kernel's file: a bzImage or an ELF vmlinux.</summary>
    public required ReadOnlyMemory<byte> Kernel { get; init; }

    /// <summary>The initial RAM disk's file; empty for none.</summary>
    public ReadOnlyMemory<byte> Initrd { get; init; }

    /// <summary>The kernel's command line.</summary>
    public string CommandLine { get; init; } = "";

    /// <summary>The boot seed (<c>SETUP_RNG_SEED</c>); empty for none. Linux uses 32 bytes.</summary>
    public ReadOnlyMemory<byte> RngSeed { get; init; }
}
