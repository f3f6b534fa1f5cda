using System.Runtime.InteropServices;

namespace Guest.Machine.Native;

/// <summary>A range of host memory that is mapped for the life of this object, zero at first, page-aligned, never moved.</summary>
/// <remarks>Before and behind it lie pages that nobody may touch: whoever runs over an end is stopped by the host.</remarks>
public sealed class MappedRegion : IDisposable
{
    // A range that could have some of the host's large pages begins where one may.
    private const nuint SmallGuard = 1 << 16, LargeGuard = 1 << 21;
    private readonly nint _reserved;
    private readonly nuint _reservedLength;

    private MappedRegion(nint address, nuint length, nint reserved, nuint reservedLength) =>
        (Address, Length, _reserved, _reservedLength) = (address, length, reserved, reservedLength);

    /// <summary>The first byte.</summary>
    public nint Address { get; private set; }

    /// <summary>How many bytes are mapped.</summary>
    public nuint Length { get; }

    /// <summary>Maps private anonymous memory.</summary>
    /// <param name="length">Bytes; rounded up to pages by the kernel.</param>
    /// <param name="executable">Whether emitted code may run from it.</param>
    public static MappedRegion Anonymous(nuint length, bool executable = false)
    {
        int protection = LibC.ProtRead | LibC.ProtWrite | (executable ? LibC.ProtExec : 0);
        return Guarded(length, protection, LibC.MapPrivate | LibC.MapAnonymous | LibC.MapNoReserve, -1) ?? throw CannotMap(length);
    }

    /// <summary>Asks the host for large pages (madvise(2), MADV_HUGEPAGE): what is used at random then costs fewer walks of the host's page tables. A host without them goes on as before.</summary>
    public void PreferLargePages() => _ = LibC.Advise(Address, Length, LibC.HugePage);

    /// <summary>Unmaps the range; no address of it may be used afterwards.</summary>
    public void Dispose()
    {
        if (Address != 0)
        {
            _ = LibC.Unmap(_reserved, _reservedLength);
            Address = 0;
        }
    }

    /// <summary>Maps a file that somebody else opened and closes; null where the host refuses.</summary>
    /// <param name="fd">Its descriptor.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="protection">What may be done with them (mmap(2)).</param>
    internal static MappedRegion? OfFile(int fd, nuint length, int protection) => Guarded(length, protection, LibC.MapShared, fd);

    // The range and the pages around it that nobody may touch are reserved together.
    private static MappedRegion? Guarded(nuint length, int protection, int flags, int fd)
    {
        nuint guard = length >= LargeGuard ? LargeGuard : SmallGuard;
        nuint reservedLength = ((length + 0xFFF) & ~(nuint)0xFFF) + (3 * guard);
        nint reserved = LibC.Map(0, reservedLength, LibC.ProtNone, LibC.MapPrivate | LibC.MapAnonymous | LibC.MapNoReserve, -1, 0);
        if (reserved == -1)
        {
            return null;
        }

        nint start = (reserved + (2 * (nint)guard) - 1) & -(nint)guard;
        nint address = LibC.Map(start, length, protection, flags | LibC.MapFixed, fd, 0);
        return address == -1 ? null : new MappedRegion(address, length, reserved, reservedLength);
    }

    private static ReplayKitException CannotMap(nuint length) => new(
        401,
        ExitCode.HostCannot,
        $"the host cannot map {length} bytes of memory (errno {Marshal.GetLastPInvokeError()}); give the guest less memory");
}
