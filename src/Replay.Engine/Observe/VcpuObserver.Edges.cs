using System.Runtime.InteropServices;
using Guest.Machine;
using Guest.Machine.X86.Observe;
using Iced.Intel;

namespace Replay.Engine.Observe;

/// <content>Edges: what the counts of pieces and of taken jumps say, and the records of indirect ones.</content>
internal sealed partial class VcpuObserver
{
    private readonly EdgeCollector[] _edges;
    private readonly FlowCollector[] _flows;

    private void CollectEdges(CodePiece piece, long count)
    {
        if (_edges.Length + _flows.Length == 0)
        {
            return;
        }

        ref long counter = ref _trace.Taken[piece.Number];
        long taken = piece.IsExit ? count : counter;
        counter = 0;
        foreach (FlowCollector flow in _flows)
        {
            flow.Add(piece, _space, 0, count, taken);
        }

        for (int i = 0; i < _edges.Length && (piece.Target is not null || piece.Passed.Length > 0); i++)
        {
            ref (long Count, long Taken) edge = ref CollectionsMarshal.GetValueRefOrAddDefault(_edges[i].Direct, (OwnerOf(_wanted.Edges[i], piece), piece.Number), out _);
            edge = (edge.Count + count, edge.Taken + taken);
        }
    }

    private void CollectJumps()
    {
        if (_edges.Length + _flows.Length == 0)
        {
            return;
        }

        _trace.TakeJumps();
        foreach (PieceCount jump in _trace.Jumps.All)
        {
            (int number, ulong target, long count) = (jump.Piece, jump.Target, jump.Count);
            CodePiece piece = _trace.Pieces[number];
            foreach (FlowCollector flow in _flows)
            {
                flow.Add(piece, _space, target, 0, count);
            }

            for (int i = 0; i < _edges.Length; i++)
            {
                CollectionsMarshal.GetValueRefOrAddDefault(_edges[i].Indirect, (OwnerOf(_wanted.Edges[i], piece), number, target), out _) += count;
            }
        }

        _trace.Jumps.Clear();
    }

    // From pieces to jumps, once at the end.
    private void CountEdges()
    {
        for (int i = 0; i < _edges.Length; i++)
        {
            CountEntry<Counts<ExecutedEdge>> entry = _wanted.Edges[i];
            foreach (((CodeOwner owner, int number), (long count, long taken)) in _edges[i].Direct)
            {
                CodePiece piece = _trace.Pieces[number];
                foreach (ref readonly PassedJump jump in piece.Passed)
                {
                    Add(entry, owner, piece, jump.Index, piece.PcOf(jump.Index + 1), count);
                }

                if (piece.Target is { } target)
                {
                    bool isConditional = Flow.Of(piece.Instructions[^1].Code) == FlowControl.ConditionalBranch;
                    Add(entry, owner, piece, piece.Count - 1, target, isConditional ? taken : count);
                    Add(entry, owner, piece, piece.Count - 1, new GuestVirtual(piece.Pc.Value + (ulong)piece.Bytes), isConditional ? count - taken : 0);
                }
            }

            foreach (((CodeOwner owner, int number, ulong target), long count) in _edges[i].Indirect)
            {
                Add(entry, owner, _trace.Pieces[number], _trace.Pieces[number].Count - 1, new GuestVirtual(target), count);
            }

            _edges[i].Direct.Clear();
            _edges[i].Indirect.Clear();
        }
    }

    private static void Add(CountEntry<Counts<ExecutedEdge>> entry, CodeOwner owner, CodePiece piece, int index, GuestVirtual target, long count)
    {
        ExecutedEdge edge = new(owner, piece.PcOf(index), target, piece.Instructions[index].Code, (byte)piece.Ring);
        if (count != 0 && entry.Where?.Passes(edge.From, edge.Ring) != false)
        {
            entry.Counter.Add(edge, count);
        }
    }
}
