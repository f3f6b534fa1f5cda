using System.Runtime.InteropServices;

namespace Guest.Machine.Native;

/// <summary>A range of host memory that is mapped for the life of this object, zero at first, page-aligned, never moved.</summary>
/// <remarks>Before and behind it lie pages that nobody may touch: whoever runs over an end is stopped by the host.</remarks>
public sealed class MappedRegion : IDisposable
{
    // Large pages of the host stay large: a range that could have some begins where one may.
    private const nuint SmallGuard = 1 << 16, LargeGuard = 1 << 21;
    private readonly int _fd;
    private readonly nuint _guard;

    private MappedRegion(nint address, nuint length, nuint guard, int fd)
    {
        Address = address;
        Length = length;
        _guard = guard;
        _fd = fd;
    }

    /// <summary>The first byte.</summary>
    public nint Address { get; private set; }

    /// <summary>How many bytes are mapped.</summary>
    public nuint Length { get; }

    /// <summary>The file descriptor behind it, or -1 for anonymous memory.</summary>
    public int FileDescriptor => _fd;

    /// <summary>Maps private anonymous memory.</summary>
    /// <param name="length">Bytes; rounded up to pages by the kernel.</param>
    /// <param name="executable">Whether emitted code may run from it.</param>
    public static MappedRegion Anonymous(nuint length, bool executable = false)
    {
        int protection = LibC.ProtRead | LibC.ProtWrite | (executable ? LibC.ProtExec : 0);
        return Guarded(length, protection, LibC.MapPrivate | LibC.MapAnonymous | LibC.MapNoReserve, -1, -1) ?? throw CannotMap(length);
    }

    /// <summary>Maps memory that stands behind a file descriptor (memfd), so that other mappings of it can be made.</summary>
    /// <param name="name">Its name in /proc.</param>
    /// <param name="length">Bytes, a multiple of the page size.</param>
    public static MappedRegion Shared(string name, nuint length)
    {
        int fd = LibC.MemfdCreate(name, LibC.MfdCloexec);
        if (fd < 0 || LibC.Truncate(fd, (long)length) != 0)
        {
            throw CannotMap(length);
        }

        return Guarded(length, LibC.ProtRead | LibC.ProtWrite, LibC.MapShared | LibC.MapNoReserve, fd, fd) ?? throw CannotMap(length);
    }

    /// <summary>Unmaps the range; no address of it may be used afterwards.</summary>
    public void Dispose()
    {
        if (Address != 0)
        {
            _ = LibC.Unmap(Address - (nint)_guard, Reserved(Length, _guard));
            Address = 0;
            if (_fd >= 0)
            {
                _ = LibC.Close(_fd);
            }
        }
    }

    /// <summary>Maps a file that somebody else opened and closes; null where the host refuses.</summary>
    /// <param name="fd">Its descriptor.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="protection">What may be done with them (mmap(2)).</param>
    internal static MappedRegion? OfFile(int fd, nuint length, int protection) => Guarded(length, protection, LibC.MapShared, fd, -1);

    // The range and the pages around it that nobody may touch are reserved together.
    private static MappedRegion? Guarded(nuint length, int protection, int flags, int fd, int owned)
    {
        nuint guard = length >= LargeGuard ? LargeGuard : SmallGuard;
        nint reserved = LibC.Map(0, Reserved(length, guard), LibC.ProtNone, LibC.MapPrivate | LibC.MapAnonymous | LibC.MapNoReserve, -1, 0);
        if (reserved == -1)
        {
            return null;
        }

        nint address = LibC.Map(reserved + (nint)guard, length, protection, flags | LibC.MapFixed, fd, 0);
        return address == -1 ? null : new MappedRegion(address, length, guard, owned);
    }

    private static nuint Reserved(nuint length, nuint guard) => ((length + 0xFFF) & ~(nuint)0xFFF) + (2 * guard);

    private static ReplayKitException CannotMap(nuint length) => new(
        401,
        ExitCode.HostCannot,
        $"the host cannot map {length} bytes of memory (errno {Marshal.GetLastPInvokeError()}); give the guest less memory");
}
