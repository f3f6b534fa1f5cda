using Guest.Machine.Devices;

namespace Replay.Log.Tests.Support;

/// <summary>A console nobody reads.</summary>
internal sealed class Silence : IConsoleOutput
{
    public void Write(byte value)
    {
    }
}
