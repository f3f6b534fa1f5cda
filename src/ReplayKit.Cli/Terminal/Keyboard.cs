using System.Runtime.InteropServices;
using ReplayKit.Cli.Terminal.Native;
using Vmm.Record;

namespace ReplayKit.Cli.Terminal;

/// <summary>What the user types, for the guest: standard input, read by a thread of its own. On a terminal raw, with escape keys.</summary>
internal sealed class Keyboard : IDisposable
{
    private readonly RawTerminal? terminal;
    private readonly ConsoleQueue keys;
    private readonly EscapeKeys escape = new();
    private PosixSignalRegistration? resized;

    private Keyboard(RawTerminal? terminal, ConsoleQueue keys)
    {
        this.terminal = terminal;
        this.keys = keys;
    }

    /// <summary>Starts reading.</summary>
    /// <param name="keys">Gets the bytes for the guest, and the wish to end the run.</param>
    public static Keyboard Open(ConsoleQueue keys)
    {
        Keyboard keyboard = new(RawTerminal.Enter(), keys);
        if (keyboard.terminal is not null)
        {
            StandardError.Writer.Write($"replaykit: {EscapeKeys.Help}\r\n");
            keyboard.TellSize();
            keyboard.resized = OperatingSystem.IsLinux() ? PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => keyboard.TellSize()) : null;
        }

        // A read of standard input cannot be interrupted: the thread ends with the process.
        new Thread(keyboard.ReadAll) { IsBackground = true, Name = "console input" }.Start();
        return keyboard;
    }

    /// <summary>Puts the terminal back as it was.</summary>
    public void Dispose()
    {
        resized?.Dispose();
        terminal?.Dispose();
    }

    private void TellSize()
    {
        if (WindowSize.Read() is { } size)
        {
            keys.Resize(size.Columns, size.Rows);
        }
    }

    private void ReadAll()
    {
        using Stream input = StandardStreams.OpenInput();
        byte[] buffer = new byte[1024];
        int count;
        while ((count = Read(input, buffer)) > 0)
        {
            keys.Type(terminal is null ? buffer.AsSpan(0, count) : [.. buffer[..count].Where(IsForGuest)]);
        }

        keys.Close();
    }

    // A terminal that has gone away is the end of the input.
    private static int Read(Stream input, byte[] buffer)
    {
        try
        {
            return input.Read(buffer);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private bool IsForGuest(byte key)
    {
        EscapeKey meaning = escape.Next(key);
        if (meaning == EscapeKey.End)
        {
            keys.Stop();
        }
        else if (meaning == EscapeKey.Help)
        {
            StandardError.Writer.Write($"\r\nreplaykit: {EscapeKeys.Help}\r\n");
        }

        return meaning == EscapeKey.Send;
    }
}
