using Guest.Machine.Devices;

namespace ReplayKit.Cli.Terminal;

/// <summary>Where the guest's console text goes when nobody wants to read it.</summary>
internal sealed class NoConsole : IConsoleOutput
{
    /// <inheritdoc/>
    public void Write(byte value)
    {
    }
}
