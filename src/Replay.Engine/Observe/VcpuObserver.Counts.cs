using System.Runtime.InteropServices;
using Guest.Machine;
using Guest.Machine.X86.Observe;

namespace Replay.Engine.Observe;

/// <content>Counters.</content>
internal sealed partial class VcpuObserver
{
    private readonly Dictionary<(CodeOwner Owner, int Piece), long>[] _counted;
    private readonly List<int> _userPieces = [];
    private GuestPhysical _space;
    private int _piecesSeen;

    // Takes the counters of user code since the last time, which are those of one address space, and starts them over. The kernel's are the same in all.
    private void CollectUser()
    {
        if (_wanted.Code.Count + _wanted.Edges.Count + _wanted.Flows.Count == 0)
        {
            return;
        }

        ReadOnlySpan<CodePiece> pieces = _trace.Pieces;
        for (; _piecesSeen < pieces.Length; _piecesSeen++)
        {
            if (pieces[_piecesSeen] is { IsCounted: true, Ring: not 0 })
            {
                _userPieces.Add(_piecesSeen);
            }
        }

        Span<long> counts = _trace.Counts;
        foreach (int number in CollectionsMarshal.AsSpan(_userPieces))
        {
            if (counts[number] != 0)
            {
                Collect(pieces[number], ref counts[number]);
            }
        }

        CollectJumps();
    }

    private void CollectAll()
    {
        Span<long> counts = _trace.Counts;
        for (int number = 0; number < counts.Length; number++)
        {
            if (counts[number] != 0)
            {
                Collect(_trace.Pieces[number], ref counts[number]);
            }
        }

        CollectJumps();
    }

    private void Collect(CodePiece piece, ref long counter)
    {
        long count = counter - LeftOf(piece);
        counter = 0;
        if (count == 0)
        {
            return;
        }

        foreach (CountEntry<PerVcpu<long>> entry in _wanted.Retired)
        {
            entry.Counter[_cpu.Index] += count * Passing(piece, entry.Where, ends: false);
        }

        foreach (CountEntry<PerVcpu<long>> entry in _wanted.Blocks)
        {
            entry.Counter[_cpu.Index] += count * Passing(piece, entry.Where, ends: true);
        }

        for (int i = 0; i < _counted.Length; i++)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_counted[i], (OwnerOf(_wanted.Code[i], piece), piece.Number), out _) += count;
        }

        CollectEdges(piece, count);
    }

    // Executions that ended in the middle: those pieces come later, and have counters of their own.
    private long LeftOf(CodePiece piece)
    {
        long left = 0;
        if (piece.HasExits)
        {
            foreach (ref readonly PassedJump jump in piece.Passed)
            {
                left += _trace.Counts[jump.Exit];
            }
        }

        return left;
    }

    private CodeOwner OwnerOf<TCounter>(CountEntry<TCounter> entry, CodePiece piece) => piece.Ring == 0 ? CodeOwner.Kernel : entry.OwnerOf(_space);

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
        for (int i = 0; i < _counted.Length; i++)
        {
            foreach (((CodeOwner owner, int number), long count) in _counted[i])
            {
                CountCode(_wanted.Code[i], owner, _trace.Pieces[number], count);
            }

            _counted[i].Clear();
        }
    }

    private static void CountCode(CountEntry<Counts<ExecutedCode>> entry, CodeOwner owner, CodePiece piece, long count)
    {
        for (int i = 0; i < piece.Count; i++)
        {
            PieceInstruction op = piece.Instructions[i];
            ExecutedCode code = new(owner, piece.PcOf(i), op.Code, op.Length, (byte)piece.Ring, op.HasMemory);
            if (entry.Where?.Passes(code.Pc, code.Ring) != false)
            {
                entry.Counter.Add(code, count);
            }
        }
    }
}
