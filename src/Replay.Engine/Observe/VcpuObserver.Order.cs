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

    // A branch in the middle of a piece went to the next instruction; where the last one led is where the next piece begins, or where an interrupt found the guest.
    private void TakeBranches(CodePiece piece, ulong order)
    {
        ResolveBranch(piece.Pc);
        foreach (ref readonly PassedJump jump in piece.Passed)
        {
            TakeBranch(piece, jump.Index, order);
            ResolveBranch(piece.PcOf(jump.Index + 1));
        }

        if (Flow.EndsBlock(piece.Instructions[^1].Code))
        {
            TakeBranch(piece, piece.Count - 1, order);
        }
    }

    private void TakeBranch(CodePiece piece, int index, ulong order)
    {
        PieceInstruction op = piece.Instructions[index];
        _branch = new BranchEvent(order + (ulong)index, piece.PcOf(index), default, _trace.Space, op.Code, (ushort)_cpu.Index, op.Length, (byte)piece.Ring);
        _hasBranch = true;
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

            foreach (ref readonly PieceAccess access in piece.Accesses)
            {
                GuestVirtual linear = new(unchecked(words[access.Word] + (ulong)access.Place));
                TakeAccess(buffer, piece, order, access, linear, _trace.PhysicalOf(words[access.Word + 1], linear.Value));
            }

            for (int at = piece.Words; at < words.Length;)
            {
                ReadOnlySpan<ulong> access = TraceWords.AccessAt(words, at);
                TakeInterpreted(buffer, piece, order, access);
                at += access.Length;
            }
        }
    }

    private void TakeInterpreted(EventBuffer<AccessEvent> buffer, CodePiece piece, ulong order, ReadOnlySpan<ulong> words)
    {
        for (int element = 0; element < TraceWords.ElementsOf(words[0]); element++)
        {
            for (int at = 0; at < words.Length; at += TraceWords.PerAccess)
            {
                ulong place = TraceWords.PlaceOf(words[at], element);
                PieceAccess access = new(0, (byte)TraceWords.SizeOf(words[at]), TraceWords.IsWrite(words[at]), 0, 0);
                TakeAccess(buffer, piece, order, access, new GuestVirtual(words[at + 1] + place), new GuestPhysical(words[at + 2] + place));
            }
        }
    }

    private void TakeAccess(EventBuffer<AccessEvent> buffer, CodePiece piece, ulong order, in PieceAccess access, GuestVirtual linear, GuestPhysical physical)
    {
        GuestVirtual pc = piece.Count == 0 ? piece.Pc : piece.PcOf(access.Index);
        if (buffer.Where?.Passes(pc, piece.Ring) == false)
        {
            return;
        }

        AccessEvent occurred = new(order + access.Index, pc, linear, physical, _trace.Space, (ushort)_cpu.Index, access.Size, (byte)piece.Ring, access.IsWrite);
        bool reads = !access.IsWrite || (piece.Words > 0 && piece.Instructions[access.Index].Updates);
        if (reads && buffer.Reads)
        {
            AddParts(buffer, access.IsWrite ? occurred with { IsWrite = false } : occurred, access.Size);
        }

        if (access.IsWrite && buffer.Writes)
        {
            AddParts(buffer, occurred, access.Size);
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
