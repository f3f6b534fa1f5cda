using Guest.Machine;
using Guest.Machine.X86.Observe;

namespace Replay.Engine.Observe;

/// <content>Counters.</content>
internal sealed partial class VcpuObserver
{
    private readonly Dictionary<(ulong Space, int Piece), long> _counted = [];
    private GuestPhysical _space;

    // Takes the counters since the last time, which are those of one address space, and starts them over.
    private void Collect()
    {
        if (!_wanted.HasCounts)
        {
            return;
        }

        Span<long> counts = _trace.Counts;
        for (int number = counts.IndexOfAnyExcept(0L); number >= 0;)
        {
            Collect(_trace.Pieces[number], counts[number]);
            counts[number] = 0;
            int next = counts[(number + 1)..].IndexOfAnyExcept(0L);
            number = next < 0 ? -1 : number + 1 + next;
        }
    }

    private void Collect(CodePiece piece, long count)
    {
        foreach (CountEntry<PerVcpu<long>> entry in _wanted.Retired)
        {
            entry.Counter[_cpu.Index] += count * Passing(piece, entry.Where, ends: false);
        }

        foreach (CountEntry<PerVcpu<long>> entry in _wanted.Blocks)
        {
            entry.Counter[_cpu.Index] += count * Passing(piece, entry.Where, ends: true);
        }

        if (_wanted.Code.Count > 0)
        {
            (ulong, int) key = (piece.Ring == 0 ? 0 : _space.Value, piece.Number);
            _counted[key] = _counted.GetValueOrDefault(key) + count;
        }
    }

    private static long Passing(CodePiece piece, CodeFilter? where, bool ends)
    {
        long passing = 0;
        for (int i = 0; i < piece.Count; i++)
        {
            bool counts = !ends || Flow.EndsBlock(piece.Instructions[i].Code);
            passing += counts && where?.Passes(piece.PcOf(i), piece.Ring) != false ? 1 : 0;
        }

        return passing;
    }

    // From pieces to instructions, once at the end.
    private void CountCode()
    {
        foreach (((ulong space, int number), long count) in _counted)
        {
            CodePiece piece = _trace.Pieces[number];
            for (int i = 0; i < piece.Count; i++)
            {
                PieceInstruction op = piece.Instructions[i];
                ExecutedCode code = new(new GuestPhysical(space), piece.PcOf(i), op.Code, op.Length, (byte)piece.Ring, op.HasMemory);
                foreach (CountEntry<CodeCounts> entry in _wanted.Code)
                {
                    if (entry.Where?.Passes(code.Pc, code.Ring) != false)
                    {
                        entry.Counter.Add(code, count);
                    }
                }
            }
        }
    }
}
