using Guest.Machine.Devices;

namespace Replay.Engine;

/// <summary>A console nobody reads.</summary>
public sealed class NoConsole : IConsoleOutput
{
    /// <inheritdoc/>
    public void Write(byte value)
    {
    }
}
