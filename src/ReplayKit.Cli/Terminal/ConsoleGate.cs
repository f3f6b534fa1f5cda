using Guest.Machine.Devices;

namespace ReplayKit.Cli.Terminal;

/// <summary>Passes the guest's console text on once it is open, and drops it before.</summary>
internal sealed class ConsoleGate(IConsoleOutput next) : IConsoleOutput
{
    /// <summary>Whether text is passed on.</summary>
    public bool IsOpen { get; set; }

    /// <inheritdoc/>
    public void Write(byte value)
    {
        if (IsOpen)
        {
            next.Write(value);
        }
    }
}
