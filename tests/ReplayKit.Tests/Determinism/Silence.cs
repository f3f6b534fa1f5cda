using Guest.Machine.Devices;

namespace ReplayKit.Tests.Determinism;

/// <summary>A console nobody reads.</summary>
internal sealed class Silence : IConsoleOutput
{
    public void Write(byte value)
    {
    }
}
