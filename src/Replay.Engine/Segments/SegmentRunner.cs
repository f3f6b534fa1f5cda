using Guest.Machine;
using Guest.Machine.Board;
using Replay.Log;

namespace Replay.Engine.Segments;

/// <summary>Replays the pieces of a recording side by side, each by itself, and gives the results in the order of the pieces.</summary>
/// <remarks>Each thread has a machine of its own. Which thread takes which piece, and when, reaches no result.</remarks>
/// <param name="recording">The recording.</param>
/// <param name="segments">Its pieces, as <see cref="RecordingSegments.Cut"/> makes them.</param>
/// <param name="jobs">How many threads.</param>
/// <param name="engine">Engine choices the guest cannot see.</param>
public sealed class SegmentRunner(RecordingFolder recording, IReadOnlyList<ReplaySegment> segments, int jobs, EngineOptions? engine = null)
{
    private static readonly TimeSpan s_reportEvery = TimeSpan.FromMilliseconds(100);

    private readonly ulong[] _done = new ulong[segments.Count];
    private int _next;
    private int _firstFailed = int.MaxValue;

    /// <summary>Replays all pieces.</summary>
    /// <param name="work">
    /// Called once for each piece with a replay that stands at its beginning: replays it and says what came of it. Called by several threads at once.
    /// </param>
    /// <param name="progress">Called now and then by this thread with the instructions done in all pieces.</param>
    /// <returns>[piece] what came of it.</returns>
    /// <exception cref="ReplayKitException">What the first piece that failed, in order, has thrown; the message names the piece.</exception>
    public IReadOnlyList<T> Run<T>(Func<Replayer, ReplaySegment, T> work, Action<ulong>? progress = null)
    {
        var results = new T[segments.Count];
        var failures = new ReplayKitException?[segments.Count];
        Task all = Task.WhenAll(Enumerable.Range(0, Math.Min(jobs, segments.Count)).Select(_ =>
            Task.Factory.StartNew(() => Take(work, results, failures), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        while (Task.WaitAny([all], s_reportEvery) < 0)
        {
            progress?.Invoke(Done());
        }

        all.GetAwaiter().GetResult();
        return failures.FirstOrDefault(failure => failure is not null) is { } first ? throw first : results;
    }

    private ulong Done()
    {
        ulong sum = 0;
        for (int i = 0; i < _done.Length; i++)
        {
            sum += Volatile.Read(ref _done[i]);
        }

        return sum;
    }

    // Pieces behind one that failed are of no interest any more.
    private void Take<T>(Func<Replayer, ReplaySegment, T> work, T[] results, ReplayKitException?[] failures)
    {
        Replayer? replayer = null;
        for (int number = Interlocked.Increment(ref _next) - 1; number < segments.Count && number < Volatile.Read(ref _firstFailed); number = Interlocked.Increment(ref _next) - 1)
        {
            ReplaySegment segment = segments[number];
            try
            {
                replayer ??= new Replayer(recording, new NoConsole(), engine, segment.From);
                replayer.SeekTo(segment.From);
                replayer.Advanced = machine => Volatile.Write(ref _done[number], machine.Position.Retired - segment.From.Retired);
                results[number] = work(replayer, segment);
                replayer.Advanced = null;
            }
            catch (ReplayKitException failure)
            {
                failures[number] = new ReplayKitException(failure.Code, failure.ExitCode, $"{segment}: {failure.Text}", failure);
                NoteFailure(number);
                break;
            }
        }

        replayer?.Dispose();
    }

    private void NoteFailure(int number)
    {
        int first = Volatile.Read(ref _firstFailed);
        while (number < first)
        {
            int seen = Interlocked.CompareExchange(ref _firstFailed, number, first);
            first = seen == first ? number : seen;
        }
    }
}
