using Guest.Machine.Devices;

namespace Replay.Engine;

/// <summary>Console output that is not passed on while a replay is only on its way to somewhere.</summary>
internal sealed class MutedConsole(IConsoleOutput next) : IConsoleOutput
{
    /// <summary>Whether output is dropped.</summary>
    public bool IsMuted { get; set; }

    /// <inheritdoc/>
    public void Write(byte value)
    {
        if (!IsMuted)
        {
            next.Write(value);
        }
    }
}
