using Guest.Machine;
using Guest.Machine.X86.Observe;

namespace Replay.Engine.Observe;

/// <content>Events in order.</content>
internal sealed partial class VcpuObserver
{
    private BranchEvent _branch;
    private bool _hasBranch;

    private void TakeInstructions(CodePiece piece, ulong order)
    {
        foreach (EventBuffer<InstructionEvent> buffer in _wanted.Instructions)
        {
            if (buffer.Where?.Concerns(piece) == false)
            {
                continue;
            }

            ReadOnlySpan<PieceInstruction> instructions = piece.Instructions;
            for (int i = 0; i < instructions.Length; i++)
            {
                ref readonly PieceInstruction op = ref instructions[i];
                GuestVirtual pc = new(piece.Pc.Value + op.Offset);
                if (buffer.Where?.Passes(pc, piece.Ring) != false)
                {
                    buffer.Add(new InstructionEvent(
                        order + (ulong)i, pc, _trace.Space, op.Code, (ushort)_cpu.Index, op.Length, (byte)piece.Ring, op.HasMemory));
                }
            }
        }
    }

    // A branch is the last instruction of its piece; where it led is where the next piece begins, or where an interrupt found the guest.
    private void TakeBranches(CodePiece piece, ulong order)
    {
        ResolveBranch(piece.Pc);
        PieceInstruction last = piece.Instructions[^1];
        if (Flow.EndsBlock(last.Code))
        {
            ulong at = order + (ulong)piece.Count - 1;
            _branch = new BranchEvent(at, piece.PcOf(piece.Count - 1), default, _trace.Space, last.Code, (ushort)_cpu.Index, last.Length, (byte)piece.Ring);
            _hasBranch = true;
        }
    }

    private void ResolveBranch(GuestVirtual target)
    {
        if (!_hasBranch)
        {
            return;
        }

        _hasBranch = false;
        foreach (EventBuffer<BranchEvent> buffer in _wanted.Branches)
        {
            if (buffer.Where?.Passes(_branch.Pc, _branch.Ring) != false)
            {
                buffer.Add(_branch with { Target = target });
            }
        }
    }

    private void TakeAccesses(CodePiece piece, ulong order, ReadOnlySpan<ulong> words)
    {
        foreach (EventBuffer<AccessEvent> buffer in _wanted.Accesses)
        {
            if (buffer.Where?.Concerns(piece) == false)
            {
                continue;
            }

            for (int at = 0; at < words.Length; at += TraceWords.PerAccess)
            {
                TakeAccess(buffer, piece, order, words.Slice(at, TraceWords.PerAccess));
            }
        }
    }

    private void TakeAccess(EventBuffer<AccessEvent> buffer, CodePiece piece, ulong order, ReadOnlySpan<ulong> access)
    {
        int index = TraceWords.IndexOf(access[0]);
        int size = TraceWords.SizeOf(access[0]);
        bool writes = TraceWords.IsWrite(access[0]);
        GuestVirtual pc = piece.Count == 0 ? piece.Pc : piece.PcOf(index);
        if (buffer.Where?.Passes(pc, piece.Ring) == false)
        {
            return;
        }

        AccessEvent occurred = new(
            order + (ulong)index, pc, new GuestVirtual(access[1]), _trace.PhysicalOf(access), _trace.Space, (ushort)_cpu.Index, (byte)size, (byte)piece.Ring, writes);
        bool reads = !writes || (TraceWords.IsEmitted(access[0]) && piece.Instructions[index].Updates);
        if (reads && buffer.Reads)
        {
            AddParts(buffer, writes ? occurred with { IsWrite = false } : occurred, size);
        }

        if (writes && buffer.Writes)
        {
            AddParts(buffer, occurred, size);
        }
    }

    private static void AddParts(EventBuffer<AccessEvent> buffer, in AccessEvent whole, int size)
    {
        if (size <= 8 && System.Numerics.BitOperations.IsPow2(size))
        {
            buffer.Add(whole);
            return;
        }

        for (int at = 0, part; at < size; at += part)
        {
            part = TraceWords.PartOf(size - at);
            buffer.Add(whole with
            {
                Linear = new GuestVirtual(whole.Linear.Value + (ulong)at),
                Physical = new GuestPhysical(whole.Physical.Value + (ulong)at),
                Size = (byte)part,
            });
        }
    }
}
