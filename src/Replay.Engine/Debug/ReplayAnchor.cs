using Guest.Machine;
using Replay.Log;

namespace Replay.Engine.Debug;

/// <summary>A second replay that stands a little before where a debugger works, so that going back a few instructions costs no way from a checkpoint.</summary>
/// <remarks>It is made when it is first needed, and costs the memory of another machine.</remarks>
/// <param name="recording">The recording.</param>
internal sealed class ReplayAnchor(RecordingFolder recording) : IDisposable
{
    // Replaying so many takes some milliseconds, as long as the copying does.
    private const ulong Distance = 1_000_000;
    private Replayer? _replayer;

    /// <summary>Puts a replay shortly before a position. Milliseconds as long as one works near the same place.</summary>
    /// <param name="replayer">The replay.</param>
    /// <param name="retired">Instructions retired at the position.</param>
    internal void Lend(Replayer replayer, ulong retired)
    {
        ulong start = replayer.Start.Retired;
        ulong wanted = retired - Math.Min(Distance, retired - start);
        _replayer ??= new Replayer(recording, new NoConsole(), from: new Position(0, wanted));
        ulong here = _replayer.Machine.Position.Retired;
        if (here > retired || here + (2 * Distance) < retired)
        {
            _replayer.SeekTo(new Position(0, wanted));
        }

        replayer.TakeOver(_replayer);
    }

    /// <inheritdoc/>
    public void Dispose() => _replayer?.Dispose();
}
