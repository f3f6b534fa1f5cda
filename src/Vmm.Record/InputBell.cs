using Guest.Machine.Board;

namespace Vmm.Record;

/// <summary>The one bell that everybody rings who has an input for the machine: it wakes an idle run, and lets a running one come to its next safe point.</summary>
/// <remarks>Rung from any thread, as often as one likes; heard by the recorder's.</remarks>
public sealed class InputBell : IDisposable
{
    private readonly AutoResetEvent _rung = new(false);
    private volatile VirtualMachine? _machine;

    /// <summary>Says that an input waits.</summary>
    public void Ring()
    {
        _rung.Set();
        _machine?.Call();
    }

    /// <inheritdoc/>
    public void Dispose() => _rung.Dispose();

    /// <summary>The machine that is called; null before it runs and when its run has ended.</summary>
    internal void Connect(VirtualMachine? machine) => _machine = machine;

    /// <summary>Sleeps until the bell is rung or the time is over.</summary>
    internal void Wait(TimeSpan time) => _rung.WaitOne(time);
}
