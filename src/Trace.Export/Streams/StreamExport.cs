using System.Runtime.ExceptionServices;
using Guest.Machine;
using Replay.Engine;
using Replay.Engine.Observe;

namespace Trace.Export.Streams;

/// <summary>Replays a window of a recording and writes its instructions and accesses as a trace for other tools.</summary>
public static class StreamExport
{
    /// <summary>Goes to the window without looking, then replays through it.</summary>
    /// <param name="replayer">The replay.</param>
    /// <param name="stream">Takes the trace; to be disposed of by the caller, which completes its files.</param>
    /// <param name="from">The position of the first instruction.</param>
    /// <param name="to">The position behind the last one, or null for the recording's end.</param>
    /// <exception cref="ReplayKitException">The replay left the recording, or the log is damaged.</exception>
    /// <exception cref="IOException">The disk is full, or the host refuses a write.</exception>
    public static void Run(Replayer replayer, ITraceStream stream, Position from, Position? to)
    {
        replayer.SeekTo(from);
        PluginRun<StreamPlugin> run = new(new StreamPlugin(stream), null);
        using Observation observation = new(replayer.Machine, [run]);
        replayer.Run(to);
        observation.Complete();
        if (run.Slot.Failure is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }
}
