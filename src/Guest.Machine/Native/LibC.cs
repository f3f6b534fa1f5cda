using System.Runtime.InteropServices;

namespace Guest.Machine.Native;

/// <summary>The few calls of the C library that mapped memory needs.</summary>
internal static class LibC
{
    internal const int ProtNone = 0;
    internal const int ProtRead = 1;
    internal const int ProtWrite = 2;
    internal const int ProtExec = 4;
    internal const int MapShared = 1;
    internal const int MapPrivate = 2;
    internal const int MapFixed = 0x10;
    internal const int MapAnonymous = 0x20;
    internal const int MapNoReserve = 0x4000;
    internal const uint MfdCloexec = 1;
    internal const int HugePage = 14;
    internal const int PopulateRead = 22;
    internal const int PopulateWrite = 23;

    [DllImport("libc", EntryPoint = "mmap", SetLastError = true)]
    internal static extern nint Map(nint address, nuint length, int protection, int flags, int fd, long offset);

    [DllImport("libc", EntryPoint = "munmap", SetLastError = true)]
    internal static extern int Unmap(nint address, nuint length);

    [DllImport("libc", EntryPoint = "madvise", SetLastError = true)]
    internal static extern int Advise(nint address, nuint length, int advice);

    [DllImport("libc", EntryPoint = "memfd_create", SetLastError = true, CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    internal static extern int MemfdCreate([MarshalAs(UnmanagedType.LPStr)] string name, uint flags);

    [DllImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    internal static extern int Truncate(int fd, long length);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    internal static extern int Close(int fd);
}
