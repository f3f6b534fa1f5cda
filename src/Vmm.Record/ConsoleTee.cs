using Guest.Machine.Devices;

namespace Vmm.Record;

/// <summary>Passes console output on and keeps it in the recording, if there is one.</summary>
internal sealed class ConsoleTee : IConsoleOutput
{
    private readonly IConsoleOutput _next;
    private readonly LogTarget _target;

    internal ConsoleTee(IConsoleOutput next, LogTarget target)
    {
        _next = next;
        _target = target;
    }

    /// <inheritdoc/>
    public void Write(byte value)
    {
        _next.Write(value);
        _target.Recording?.WriteConsole([value]);
    }
}
