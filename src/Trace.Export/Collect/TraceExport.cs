using Guest.Machine;
using Guest.Machine.Board;
using Replay.Engine;

namespace Trace.Export.Collect;

/// <summary>Replays a window of a recording and writes its tables.</summary>
public static class TraceExport
{
    /// <summary>Goes to the window without looking, then replays through it one instruction at a time.</summary>
    /// <param name="replayer">The replay.</param>
    /// <param name="files">The tables; they are complete afterwards.</param>
    /// <param name="from">The position of the first instruction.</param>
    /// <param name="to">The position behind the last one, or null for the recording's end.</param>
    /// <exception cref="ReplayKitException">The replay left the recording, or the log is damaged.</exception>
    /// <exception cref="IOException">The disk is full, or the host refuses a write.</exception>
    public static void Run(Replayer replayer, TraceFiles files, Position from, Position? to)
    {
        VirtualMachine machine = replayer.Machine;
        replayer.SeekTo(from);
        TraceCollector collector = new(machine.Cpus, files);
        for (int vcpu = 0; vcpu < machine.Cpus.Count; vcpu++)
        {
            machine.Engines[vcpu].Observer = collector;

            // Looking at accesses costs the fast path of every one.
            machine.Cpus[vcpu].Observe(files.Accesses is null ? null : collector.AccessesOf(machine.Cpus[vcpu]));
        }

        try
        {
            replayer.Run(to);
        }
        finally
        {
            for (int vcpu = 0; vcpu < machine.Cpus.Count; vcpu++)
            {
                machine.Engines[vcpu].Observer = null;
                machine.Cpus[vcpu].Observe(null);
            }
        }

        collector.Complete();
    }
}
