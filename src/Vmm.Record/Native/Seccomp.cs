using System.Runtime.InteropServices;

namespace Vmm.Record.Native;

/// <summary>The kernel's filter for system calls (seccomp(2)).</summary>
internal static class Seccomp
{
    private const int NoNewPrivileges = 38; // PR_SET_NO_NEW_PRIVS
    private const int SeccompCall = 317;
    private const int SetFilter = 1; // SECCOMP_SET_MODE_FILTER
    private const int ToAllThreads = 1; // SECCOMP_FILTER_FLAG_TSYNC

    /// <summary>Gives up new privileges, then installs a filter.</summary>
    /// <param name="program">Its instructions.</param>
    /// <param name="allThreads">Whether for all threads, or for the calling one.</param>
    /// <returns>0, or the host's error number.</returns>
    internal static unsafe int Install(ulong[] program, bool allThreads)
    {
        if (prctl(NoNewPrivileges, 1, 0, 0, 0) != 0)
        {
            return Marshal.GetLastPInvokeError();
        }

        // Safe because: the kernel copies the program, whose length stands beside its address, during the call.
        fixed (ulong* first = program)
        {
            FilterProgram filter = new() { Length = (ushort)program.Length, Instructions = (nint)first };
            nint result = syscall(SeccompCall, SetFilter, allThreads ? ToAllThreads : 0, (nint)(&filter));
            return result == 0 ? 0 : result < 0 ? Marshal.GetLastPInvokeError() : -1;
        }
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int prctl(int option, nint second, nint third, nint fourth, nint fifth);

    [DllImport("libc", SetLastError = true)]
    private static extern nint syscall(nint number, nint first, nint second, nint third);

    [StructLayout(LayoutKind.Sequential)]
    private struct FilterProgram
    {
        public ushort Length;
        public nint Instructions;
    }
}
