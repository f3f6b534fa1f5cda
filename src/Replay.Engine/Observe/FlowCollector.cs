using Guest.Machine;
using Guest.Machine.X86.Observe;

namespace Replay.Engine.Observe;

/// <summary>Takes the counts of a vCPU's trace into a plugin's <see cref="CodeFlow"/>.</summary>
internal sealed class FlowCollector(CountEntry<CodeFlow> wanted)
{
    // The flow's number of each of the trace's pieces, plus one.
    private int[] _numbers = new int[1 << 12];

    /// <summary>Adds executions of a piece.</summary>
    internal void Add(CodePiece piece, GuestPhysical space, ulong target, long count, long taken)
    {
        if (wanted.Where is { Ring: { } ring } && ring != piece.Ring)
        {
            return;
        }

        if (piece.Number >= _numbers.Length)
        {
            Array.Resize(ref _numbers, Math.Max(piece.Number + 1, 2 * _numbers.Length));
        }

        ref int number = ref _numbers[piece.Number];
        if (number == 0)
        {
            number = wanted.Counter.Add(FlowPiece.Of(piece)) + 1;
        }

        wanted.Counter.Add(piece.Ring == 0 ? CodeOwner.Kernel : wanted.OwnerOf(space), number - 1, target, count, taken);
    }
}
