using Guest.Machine.Devices;
using Replay.Log;

namespace Vmm.Record;

/// <summary>Passes console output on and keeps it in the recording.</summary>
internal sealed class ConsoleTee : IConsoleOutput
{
    private readonly IConsoleOutput _next;
    private readonly NewRecording _recording;

    internal ConsoleTee(IConsoleOutput next, NewRecording recording)
    {
        _next = next;
        _recording = recording;
    }

    /// <inheritdoc/>
    public void Write(byte value)
    {
        _next.Write(value);
        _recording.WriteConsole([value]);
    }
}
