using System.Runtime.InteropServices;

namespace Guest.Machine.Native;

/// <summary>A range of host memory that is mapped for the life of this object, zero at first, page-aligned, never moved.</summary>
public sealed class MappedRegion : IDisposable
{
    private readonly int _fd;

    private MappedRegion(nint address, nuint length, int fd)
    {
        Address = address;
        Length = length;
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
        nint address = LibC.Map(0, length, protection, LibC.MapPrivate | LibC.MapAnonymous | LibC.MapNoReserve, -1, 0);
        return address == -1 ? throw CannotMap(length) : new MappedRegion(address, length, -1);
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

        nint address = LibC.Map(0, length, LibC.ProtRead | LibC.ProtWrite, LibC.MapShared | LibC.MapNoReserve, fd, 0);
        return address == -1 ? throw CannotMap(length) : new MappedRegion(address, length, fd);
    }

    /// <summary>Unmaps the range; no address of it may be used afterwards.</summary>
    public void Dispose()
    {
        if (Address != 0)
        {
            _ = LibC.Unmap(Address, Length);
            Address = 0;
            if (_fd >= 0)
            {
                _ = LibC.Close(_fd);
            }
        }
    }

    private static ReplayKitException CannotMap(nuint length) => new(
        401,
        ExitCode.HostCannot,
        $"the host cannot map {length} bytes of memory (errno {Marshal.GetLastPInvokeError()}); give the guest less memory");
}
