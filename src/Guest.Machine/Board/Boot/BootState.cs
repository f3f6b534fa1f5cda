namespace Guest.Machine.Board.Boot;

/// <summary>The registers with which vCPU 0 enters the kernel in 64-bit mode (Linux Documentation/arch/x86/boot.rst, "64-bit boot protocol").</summary>
/// <remarks>Everything that is not named here is as after reset; interrupts are off.</remarks>
/// <param name="Rip">The entry point: a physical address, mapped to itself.</param>
/// <param name="Rsi">The address of <c>boot_params</c>.</param>
/// <param name="Cr3">The page tables: the first 4 GiB mapped to themselves.</param>
/// <param name="GdtBase">The address of the global descriptor table.</param>
/// <param name="GdtLimit">Its limit.</param>
public readonly record struct BootState(GuestPhysical Rip, GuestPhysical Rsi, GuestPhysical Cr3, GuestPhysical GdtBase, ushort GdtLimit)
{
    /// <summary>CS: a flat 64-bit code segment (<c>__BOOT_CS</c>).</summary>
    public const ushort CodeSelector = 0x10;

    /// <summary>DS, ES and SS: a flat data segment (<c>__BOOT_DS</c>).</summary>
    public const ushort DataSelector = 0x18;

    /// <summary>CR0: protected mode, paging, and the FPU bits that are always set.</summary>
    public const ulong Cr0 = 0x8000_0011;

    /// <summary>CR4: physical address extension.</summary>
    public const ulong Cr4 = 0x20;

    /// <summary>IA32_EFER: long mode enabled and active.</summary>
    public const ulong Efer = 0x500;
}
