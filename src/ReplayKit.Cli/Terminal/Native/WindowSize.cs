using System.Runtime.InteropServices;

namespace ReplayKit.Cli.Terminal.Native;

/// <summary>The size of the terminal on standard input (ioctl_tty(2), <c>TIOCGWINSZ</c>).</summary>
internal static class WindowSize
{
    private const int StandardInput = 0;
    private const nuint GetWindowSize = 0x5413;

    /// <summary>Asks for it.</summary>
    /// <returns>Characters of a line, and lines; null where standard input is no terminal, or one that does not know.</returns>
    public static (ushort Columns, ushort Rows)? Read() =>
        ioctl(StandardInput, GetWindowSize, out Size size) == 0 && size.Columns > 0 && size.Rows > 0 ? (size.Columns, size.Rows) : null;

    [DllImport("libc")]
    private static extern int ioctl(int descriptor, nuint request, out Size size);

    [StructLayout(LayoutKind.Sequential)]
    private struct Size
    {
        public ushort Rows;
        public ushort Columns;
        public ushort Width;
        public ushort Height;
    }
}
