using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Vmm.Record.Native;

/// <summary>Two connected stream sockets (socketpair(2)): one for us, one that the next child process inherits.</summary>
internal sealed class SocketPair : IDisposable
{
    private const int UnixFamily = 1;
    private const int Stream = 1;
    private const int CloseOnExec = 0x80000;
    private const int SetDescriptorFlags = 2;

    private readonly SafeSocketHandle _theirs;

    private SocketPair(Socket ours, SafeSocketHandle theirs)
    {
        Ours = ours;
        _theirs = theirs;
    }

    /// <summary>Our end, which outlives this.</summary>
    internal Socket Ours { get; }

    /// <summary>The number of the other end in a child process.</summary>
    internal int Theirs => (int)_theirs.DangerousGetHandle();

    /// <summary>Makes a pair.</summary>
    /// <exception cref="SocketException">The host has no more descriptors.</exception>
    internal static SocketPair Create()
    {
        int[] ends = new int[2];
        if (socketpair(UnixFamily, Stream | CloseOnExec, 0, ends) != 0 || fcntl(ends[1], SetDescriptorFlags, 0) != 0)
        {
            throw new SocketException(Marshal.GetLastPInvokeError());
        }

        return new SocketPair(new Socket(new SafeSocketHandle(ends[0], ownsHandle: true)), new SafeSocketHandle(ends[1], ownsHandle: true));
    }

    /// <summary>Closes the other end here; the child has its own.</summary>
    public void Dispose() => _theirs.Dispose();

    [DllImport("libc", SetLastError = true)]
    private static extern int socketpair(int family, int type, int protocol, [Out] int[] ends);

    [DllImport("libc", SetLastError = true)]
    private static extern int fcntl(int descriptor, int command, int argument);
}
