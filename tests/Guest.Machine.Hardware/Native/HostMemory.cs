namespace Guest.Machine.Hardware.Native;

/// <summary>Maps the windows of cases and the stubs' pages at their fixed addresses.</summary>
internal static unsafe class HostMemory
{
    /// <summary>Maps everything.</summary>
    /// <exception cref="PlatformNotSupportedException">The addresses are taken.</exception>
    public static void Map()
    {
        MapAt(Arena.Base, (nint)Arena.Size, Libc.ProtNone, Libc.MapFixedNoReplace);
        MapAt(HostFrame.Base, HostFrame.Size, Libc.ProtRead | Libc.ProtWrite | Libc.ProtExec, Libc.MapFixedNoReplace);
        Protect(Arena.Code, Arena.CodeSize, Libc.ProtRead | Libc.ProtWrite | Libc.ProtExec);
        Protect(Arena.Data, Arena.DataSize, Libc.ProtRead | Libc.ProtWrite);
        MapMixed();
    }

    /// <summary>Takes it away again.</summary>
    public static void Unmap()
    {
        _ = Libc.munmap((nint)Arena.Base, (nint)Arena.Size);
        _ = Libc.munmap((nint)HostFrame.Base, HostFrame.Size);
        _ = Libc.munmap((nint)(HostFrame.MixedAlias), Arena.MixedSize);
    }

    /// <summary>Whether the kernel lets user mode read and write the base of GS (AT_HWCAP2, bit 1: arch/x86/include/uapi/asm/hwcap2.h).</summary>
    public static bool HasFsGsBase() => (Libc.getauxval(26) & 2) != 0;

    private static void MapAt(ulong address, nint size, int protection, int flags, int fd = -1)
    {
        int kind = fd < 0 ? Libc.MapPrivate | Libc.MapAnonymous : Libc.MapShared;
        // Safe because: NOREPLACE never unmaps what is there, and FIXED is used inside our own reservation only.
        if (Libc.mmap((nint)address, size, protection, flags | kind, fd, 0) != (nint)address)
        {
            throw new PlatformNotSupportedException($"address 0x{address:x} is taken in this process");
        }
    }

    private static void Protect(ulong address, nint size, int protection)
    {
        if (Libc.mprotect((nint)address, size, protection) != 0)
        {
            throw new PlatformNotSupportedException($"cannot protect 0x{address:x}");
        }
    }

    private static void MapMixed()
    {
        ReadOnlySpan<byte> name = "mixed\0"u8;
        fixed (byte* text = name)
        {
            // Safe because: the name ends with a zero.
            int fd = Libc.memfd_create(text, 0);
            _ = Libc.ftruncate(fd, Arena.MixedSize);
            MapAt(HostFrame.MixedAlias, Arena.MixedSize, Libc.ProtRead | Libc.ProtWrite, Libc.MapFixedNoReplace, fd);
            MapAt(Arena.Mixed, Arena.MixedSize, Libc.ProtRead, Libc.MapFixed, fd);
            _ = Libc.close(fd);
        }

        Protect(Arena.Mixed + Arena.Page, Arena.Page, Libc.ProtRead | Libc.ProtWrite);
        Span<byte> alias = new((void*)HostFrame.MixedAlias, Arena.MixedSize);
        alias.Fill(1);
        // Touch the pages, so that no access of a case is the first one.
        _ = *(byte*)Arena.Mixed + *(byte*)(Arena.Mixed + (2 * Arena.Page));
        *(byte*)(Arena.Mixed + Arena.Page) = 2;
    }
}
