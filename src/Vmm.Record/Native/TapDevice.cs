using System.Runtime.InteropServices;
using System.Text;

namespace Vmm.Record.Native;

/// <summary>A tap device of the host (Documentation/networking/tuntap.rst): what one side writes the other reads, a frame at a time.</summary>
internal sealed class TapDevice : IDisposable
{
    private const int ReadWriteCloseOnExec = 0x2 | 0x80000;
    private const nuint SetInterface = 0x400454CA;
    private const int NameBytes = 16;
    private const int RequestBytes = 40;
    private const short TapWithoutHeader = 0x2 | 0x1000;
    private const ulong Readable = 1;

    private readonly int _descriptor;

    private TapDevice(int descriptor) => _descriptor = descriptor;

    /// <summary>Attaches to a tap device; a user who may makes one that is missing.</summary>
    /// <param name="name">Its name, at most 15 ASCII characters.</param>
    /// <param name="error">What the host says where it does not let us; otherwise null.</param>
    internal static TapDevice? Open(string name, out string? error)
    {
        int descriptor = open("/dev/net/tun", ReadWriteCloseOnExec);
        byte[] request = new byte[RequestBytes];
        Encoding.ASCII.GetBytes(name.AsSpan(0, Math.Min(name.Length, NameBytes - 1)), request);
        BitConverter.TryWriteBytes(request.AsSpan(NameBytes), TapWithoutHeader);
        if (descriptor >= 0 && ioctl(descriptor, SetInterface, request) == 0)
        {
            error = null;
            return new TapDevice(descriptor);
        }

        error = Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());
        if (descriptor >= 0)
        {
            _ = close(descriptor);
        }

        return null;
    }

    /// <summary>Waits for a frame for some time.</summary>
    /// <returns>Whether there is one.</returns>
    internal bool Wait(int milliseconds)
    {
        // struct pollfd: descriptor, events, returned events.
        ulong polled = (uint)_descriptor | (Readable << 32);
        return poll(ref polled, 1, milliseconds) > 0;
    }

    /// <summary>Reads a frame; what does not fit is cut off.</summary>
    /// <returns>Its length; 0 or less where there is none.</returns>
    internal int Read(Span<byte> frame) => (int)read(_descriptor, ref MemoryMarshal.GetReference(frame), (nuint)frame.Length);

    /// <summary>Writes a frame, or loses it where the host does not take it.</summary>
    internal void Write(ReadOnlySpan<byte> frame) => _ = write(_descriptor, ref MemoryMarshal.GetReference(frame), (nuint)frame.Length);

    /// <inheritdoc/>
    public void Dispose() => _ = close(_descriptor);

    [DllImport("libc", SetLastError = true)]
    private static extern int open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int ioctl(int descriptor, nuint request, [In, Out] byte[] argument);

    [DllImport("libc")]
    private static extern int poll(ref ulong descriptors, nuint count, int milliseconds);

    [DllImport("libc")]
    private static extern nint read(int descriptor, ref byte bytes, nuint count);

    [DllImport("libc")]
    private static extern nint write(int descriptor, ref byte bytes, nuint count);

    [DllImport("libc")]
    private static extern int close(int descriptor);
}
