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
    /// <exception cref="ReplayKitException">RK0508: the machine has several vCPUs; or the replay left the recording, or the log is damaged.</exception>
    /// <exception cref="IOException">The disk is full, or the host refuses a write.</exception>
    public static void Run(Replayer replayer, TraceFiles files, Position from, Position? to)
    {
        VirtualMachine machine = replayer.Machine;
        if (machine.Cpus.Count > 1)
        {
            throw new ReplayKitException(508, ExitCode.HostCannot, $"the recording has {machine.Cpus.Count} vCPUs, and traces are of machines with one (docs/limits.md)");
        }

        replayer.SeekTo(from);
        TraceCollector collector = new(machine.Cpu, files);
        machine.Engines[0].Observer = collector;

        // Looking at accesses costs the fast path of every one.
        machine.Cpu.Observe(files.Accesses is null ? null : collector);
        try
        {
            replayer.Run(to);
        }
        finally
        {
            machine.Engines[0].Observer = null;
            machine.Cpu.Observe(null);
        }

        collector.Complete();
    }
}
