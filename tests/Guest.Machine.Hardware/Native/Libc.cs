using System.Runtime.InteropServices;

namespace Guest.Machine.Hardware.Native;

/// <summary>The C library's functions the runner needs.</summary>
internal static unsafe partial class Libc
{
    public const int ProtNone = 0, ProtRead = 1, ProtWrite = 2, ProtExec = 4;
    public const int MapShared = 1, MapPrivate = 2, MapFixed = 0x10, MapAnonymous = 0x20, MapFixedNoReplace = 0x100000;
    public const int SigInfo = 4, OnStack = 0x0800_0000, Restart = 0x1000_0000, NoDefer = 0x4000_0000;

    // Safe because: mmap touches only what its arguments name, and callers pass fresh or own ranges.
    [DllImport("libc", SetLastError = true)]
    public static extern nint mmap(nint address, nint length, int protection, int flags, int fd, nint offset);

    [DllImport("libc", SetLastError = true)]
    public static extern int mprotect(nint address, nint length, int protection);

    [DllImport("libc", SetLastError = true)]
    public static extern int munmap(nint address, nint length);

    // Safe because: the name is a short constant.
    [DllImport("libc", SetLastError = true)]
    public static extern int memfd_create(byte* name, uint flags);

    [DllImport("libc", SetLastError = true)]
    public static extern int ftruncate(int fd, nint length);

    [DllImport("libc")]
    public static extern int close(int fd);

    [DllImport("libc")]
    public static extern ulong getauxval(ulong type);

    // Safe because: both structures are glibc's 152 bytes (ulong[19]) in the callers.
    [DllImport("libc", SetLastError = true)]
    public static extern int sigaction(int signal, ulong* action, ulong* old);

    // Safe because: stack_t is 24 bytes, which the caller provides.
    [DllImport("libc", SetLastError = true)]
    public static extern int sigaltstack(ulong* stack, ulong* old);

    // Safe because: a signal set is 128 bytes, which the caller provides.
    [DllImport("libc", SetLastError = true)]
    public static extern int pthread_sigmask(int how, ulong* set, ulong* old);
}
