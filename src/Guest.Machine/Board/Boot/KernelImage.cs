namespace Guest.Machine.Board.Boot;

/// <summary>A kernel file that has been understood: what to load where, and what its setup header asks for.</summary>
/// <param name="Segments">The parts to load, not empty.</param>
/// <param name="Entry">The 64-bit entry point.</param>
/// <param name="End">The first address behind what the kernel uses until it has read the memory map.</param>
/// <param name="SetupHeader">The setup header's bytes, from offset 0x1F1 of <c>boot_params</c> on.</param>
/// <param name="CommandLineLimit">The longest command line it takes, in bytes without the closing zero.</param>
/// <param name="InitrdLimit">The highest address an initrd may touch.</param>
internal sealed record KernelImage(
    IReadOnlyList<KernelSegment> Segments,
    ulong Entry,
    ulong End,
    ReadOnlyMemory<byte> SetupHeader,
    uint CommandLineLimit,
    uint InitrdLimit)
{
    /// <summary>Understands a kernel file.</summary>
    /// <param name="file">The file's bytes: from outside, checked here.</param>
    /// <param name="lowMemoryEnd">The end of RAM below 4 GiB.</param>
    /// <exception cref="ReplayKitException">RK0201 to RK0204.</exception>
    internal static KernelImage Read(ReadOnlyMemory<byte> file, ulong lowMemoryEnd)
    {
        KernelImage image = BzImage.Recognises(file.Span) ? BzImage.Read(file, lowMemoryEnd)
            : ElfImage.Recognises(file.Span) ? ElfImage.Read(file)
            : throw new ReplayKitException(201, ExitCode.BadInput, "the file is no x86-64 Linux kernel (neither bzImage nor ELF); give the vmlinuz of a kernel package");
        return image.End <= lowMemoryEnd
            ? image
            : throw new ReplayKitException(204, ExitCode.WrongUsage, $"the kernel needs memory up to 0x{image.End:x}, the guest's ends at 0x{lowMemoryEnd:x}; give it more with --memory");
    }

    /// <summary>The file ends before something that it announces, or announces what cannot be.</summary>
    internal static ReplayKitException Damaged(ulong offset, string what) =>
        new(203, ExitCode.BadInput, $"the kernel file is damaged at offset {offset}: {what}; fetch it again");
}
