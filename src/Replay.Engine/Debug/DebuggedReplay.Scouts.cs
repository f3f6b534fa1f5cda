using System.Collections.Immutable;
using Guest.Machine;

namespace Replay.Engine.Debug;

/// <content>Looks through the past on several processors: a piece between two checkpoints each.</content>
public sealed partial class DebuggedReplay
{
    private ImmutableArray<DebuggedReplay> _scouts = [];

    /// <summary>How many threads look through the past at once, each with a machine of its own; 1 for this one alone.</summary>
    public int Jobs { get; init; } = 1;

    // What lies before the present place, cut at checkpoints, the last piece first. The last one has no end: it ends at the present place.
    private List<Piece> Pieces(ulong retired)
    {
        Position[] cuts = [_replayer.Start, .. _replayer.Checkpoints.Positions().Where(at => at.Retired > _replayer.Start.Retired && at.Retired <= retired)];
        List<Piece> pieces = [];
        Position? to = null;
        foreach (Position from in cuts.Reverse())
        {
            pieces.Add(new Piece(from, to));
            to = from;
        }

        return pieces;
    }

    // What is found in each piece, in their order, as long as somebody asks. This replay looks at one piece and others at the next ones meanwhile.
    private IEnumerable<T> LookThrough<T>(IReadOnlyList<Piece> pieces, Conditions conditions, Func<DebuggedReplay, Piece, Conditions, T> look)
    {
        foreach (Piece[] some in pieces.Chunk(conditions.AreForAll ? Math.Max(Jobs, 1) : 1))
        {
            Task<T>[] others = [.. some.Skip(1).Select((piece, number) => Send(Scout(number, piece.From), piece, conditions, look))];
            try
            {
                yield return look(this, some[0], conditions);
                foreach (Task<T> other in others)
                {
                    yield return other.GetAwaiter().GetResult();
                }
            }
            finally
            {
                CallBack(others);
            }
        }
    }

    private DebuggedReplay Scout(int number, Position at)
    {
        if (number == _scouts.Length)
        {
            _scouts = _scouts.Add(new DebuggedReplay(_recording, new NoConsole(), at));
        }

        _scouts[number].ForgetInterrupt();
        return _scouts[number];
    }

    private static Task<T> Send<T>(DebuggedReplay scout, Piece piece, Conditions conditions, Func<DebuggedReplay, Piece, Conditions, T> look) =>
        Task.Factory.StartNew(() => look(scout, piece, conditions.In(scout.Machine)), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    // Nobody wants to know any more what they find, nor what keeps them from it.
    private void CallBack(Task[] others)
    {
        foreach (DebuggedReplay scout in _scouts)
        {
            scout.Interrupt();
        }

        _ = Task.WhenAll(others).ContinueWith(_ => { }, TaskScheduler.Default).Wait(Timeout.Infinite);
    }

    /// <summary>A part of the recording.</summary>
    /// <param name="From">Its beginning.</param>
    /// <param name="To">Its end; null for the present place.</param>
    private readonly record struct Piece(Position From, Position? To);
}
