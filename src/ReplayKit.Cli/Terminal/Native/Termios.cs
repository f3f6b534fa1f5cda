using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace ReplayKit.Cli.Terminal.Native;

/// <summary>The settings of the terminal on standard input (termios(3); the layout is that of Linux on x86-64).</summary>
internal sealed class Termios
{
    private const int Size = 60;
    private const int StandardInput = 0;
    private const int SetNow = 0;

    // c_iflag: IGNBRK BRKINT PARMRK ISTRIP INLCR IGNCR ICRNL IXON; c_oflag: OPOST; c_lflag: ISIG ICANON ECHO ECHONL IEXTEN.
    private const uint InputFlags = 0x1 | 0x2 | 0x8 | 0x20 | 0x40 | 0x80 | 0x100 | 0x400;
    private const uint OutputFlags = 0x1;
    private const uint LocalFlags = 0x1 | 0x2 | 0x8 | 0x40 | 0x8000;
    private const int OutputOffset = 4;
    private const int LocalOffset = 12;
    private const int ControlCharacters = 17;
    private const int MinimumCharacters = 6;
    private const int Timeout = 5;

    private readonly byte[] settings;

    private Termios(byte[] settings) => this.settings = settings;

    /// <summary>Reads the present settings.</summary>
    /// <returns>Null where standard input is not a terminal.</returns>
    public static Termios? Read()
    {
        byte[] settings = new byte[Size];
        return tcgetattr(StandardInput, settings) == 0 ? new Termios(settings) : null;
    }

    /// <summary>The same settings in raw mode: every key is read as typed, at once, without echo or signals. Output is still processed.</summary>
    public Termios Raw()
    {
        byte[] raw = [.. settings];
        Change(raw, 0, clear: InputFlags, set: 0);
        Change(raw, OutputOffset, clear: 0, set: OutputFlags);
        Change(raw, LocalOffset, clear: LocalFlags, set: 0);
        raw[ControlCharacters + MinimumCharacters] = 1;
        raw[ControlCharacters + Timeout] = 0;
        return new Termios(raw);
    }

    /// <summary>Makes these the terminal's settings. A terminal that has gone away is left alone.</summary>
    public void Apply() => _ = tcsetattr(StandardInput, SetNow, settings);

    private static void Change(byte[] settings, int offset, uint clear, uint set)
    {
        Span<byte> field = settings.AsSpan(offset, sizeof(uint));
        BinaryPrimitives.WriteUInt32LittleEndian(field, (BinaryPrimitives.ReadUInt32LittleEndian(field) & ~clear) | set);
    }

    [DllImport("libc")]
    private static extern int tcgetattr(int descriptor, [Out] byte[] settings);

    [DllImport("libc")]
    private static extern int tcsetattr(int descriptor, int when, [In] byte[] settings);
}
