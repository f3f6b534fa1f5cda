using System.Runtime.InteropServices;

namespace ReplayKit.Cli.Terminal;

/// <summary>Ctrl-C and its relatives while a machine runs: the first asks the run to end cleanly, the second ends the process.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly Action stop;
    private readonly List<PosixSignalRegistration> registrations = [];
    private int received;

    /// <summary>Listens until disposed.</summary>
    /// <param name="stop">Asks the run to end; called on another thread.</param>
    public StopSignals(Action stop)
    {
        this.stop = stop;
        foreach (PosixSignal signal in (ReadOnlySpan<PosixSignal>)[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP])
        {
            registrations.Add(PosixSignalRegistration.Create(signal, Receive));
        }
    }

    /// <summary>Stops listening.</summary>
    public void Dispose() => registrations.ForEach(registration => registration.Dispose());

    private void Receive(PosixSignalContext context)
    {
        if (Interlocked.Increment(ref received) == 1)
        {
            context.Cancel = true;
            stop();
        }
    }
}
