using ReplayKit.Cli.Terminal.Native;

namespace ReplayKit.Cli.Terminal;

/// <summary>The user's terminal while the guest's console is on it: raw until disposed.</summary>
internal sealed class RawTerminal : IDisposable
{
    private readonly Termios before;

    private RawTerminal(Termios before) => this.before = before;

    /// <summary>Switches the terminal on standard input to raw mode.</summary>
    /// <returns>Null where standard input is not a terminal; nothing is changed then.</returns>
    public static RawTerminal? Enter()
    {
        if (Termios.Read() is not { } before)
        {
            return null;
        }

        before.Raw().Apply();
        return new RawTerminal(before);
    }

    /// <summary>Puts the terminal back as it was.</summary>
    public void Dispose() => before.Apply();
}
