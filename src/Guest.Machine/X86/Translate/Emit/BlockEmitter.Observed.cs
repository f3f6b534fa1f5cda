using System.Runtime.InteropServices;
using Guest.Machine.X86.Observe;
using Guest.Machine.X86.Translate.Analyse;
using Guest.Machine.X86.Translate.Decode;

namespace Guest.Machine.X86.Translate.Emit;

/// <content>What a trace has emitted into blocks: their counters, the pieces in order, the accesses. Where there is no trace, nothing.</content>
internal sealed partial class BlockEmitter
{
    private readonly List<PieceAccess> _accesses = [];
    private readonly int[] _wordOfSlot = new int[AccessGroups.Slots];
    private int _words;
    private nint _endOfWords;

    /// <summary>The trace, or null.</summary>
    internal CodeTrace? Trace { get; set; }

    /// <summary>What the last block accesses, where a trace takes that down.</summary>
    internal ReadOnlySpan<PieceAccess> Accesses => CollectionsMarshal.AsSpan(_accesses);

    // At the block's beginning, before its budget is checked. The flags are in memory or dead, RAX and RCX are free.
    private void EmitPiece()
    {
        _accesses.Clear();
        _words = 0;
        if (_block.Piece is not { } piece)
        {
            return;
        }

        if (piece.IsCounted)
        {
            nint counter = Trace!.CounterOf(piece.Number);
            if (_code.IsNear(counter))
            {
                _code.Near64(0xFF, 0, counter); // inc qword [counter]
            }
            else
            {
                _code.Move(Host.Rax, (ulong)counter);
                _code.Mem64(0xFF, 0, Host.Rax, 0);
            }
        }

        if (Trace!.Choice.Pieces)
        {
            _code.Mem64(0x8B, Host.Rax, Host.Rbp, StatePlaces.TraceEnd);
            _code.Mem64(0xC7, 0, Host.Rax, 0); // mov qword [rax], number
            _code.Int32(piece.Number);
            if (Trace.Choice.Accesses)
            {
                _code.Mem64(0x89, Host.Rax, Host.Rbp, StatePlaces.TracePiece);
            }

            _code.Bytes(0x80_8D_48, 3); // lea rax, [rax + words]
            _code.Int32(sizeof(ulong));
            _endOfWords = _code.Here - sizeof(int);
            _code.Mem64(0x89, Host.Rax, Host.Rbp, StatePlaces.TraceEnd);
        }
    }

    // The block is written: it is known how many words it has.
    private void SetWords()
    {
        if (_block.Piece?.IsEmitted == true)
        {
            _code.Set(_endOfWords, (1 + _words) * sizeof(ulong));
        }
    }

    private bool CountsEdges => Trace is { Choice.Edges: true } && _block.Piece is not null;

    // Whether a conditional jump leaves something to be noted where it is taken.
    private bool NotesTaken(int index) => _block.Piece is not null && (index < _count - 1 || Trace!.Choice.Edges);

    // A conditional jump is taken. RAX and RCX are free; the flags may be in use.
    private void EmitTaken(int index)
    {
        if (index >= _count || !NotesTaken(index) || _ops[index].Kind is not (EmitKind.JumpIf or EmitKind.CountJump or EmitKind.CountJumpIf))
        {
            return;
        }

        CodePiece piece = _block.Piece!;
        if (index == _count - 1)
        {
            EmitIncrement(Trace!.TakenOf(piece.Number));
            return;
        }

        int passed = 0;
        while (piece.Passed[passed].Index != index)
        {
            passed++;
        }

        int exit = piece.Passed[passed].Exit;
        if (piece.IsCounted)
        {
            EmitIncrement(Trace!.CounterOf(exit));
        }

        if (Trace!.Choice.Pieces)
        {
            EmitExitWord(index, exit);
        }
    }

    // The piece that was written down is the shorter one, with fewer accesses.
    private void EmitExitWord(int index, int exit)
    {
        if (!Trace!.Choice.Accesses)
        {
            _code.Mem64(0x8B, Host.Rax, Host.Rbp, StatePlaces.TraceEnd);
            _code.Mem64(0xC7, 0, Host.Rax, -sizeof(ulong));
            _code.Int32(exit);
            return;
        }

        int words = 0;
        foreach (ref readonly PieceAccess access in Accesses)
        {
            words = access.Index <= index ? Math.Max(words, access.Word + Trace.WordsOfSearch) : words;
        }

        _code.Mem64(0x8B, Host.Rax, Host.Rbp, StatePlaces.TracePiece);
        _code.Mem64(0xC7, 0, Host.Rax, 0);
        _code.Int32(exit);
        _code.Lea(Host.Rax, Host.Rax, (1 + words) * sizeof(ulong));
        _code.Mem64(0x89, Host.Rax, Host.Rbp, StatePlaces.TraceEnd);
    }

    // Counts without touching the flags.
    private void EmitIncrement(nint counter)
    {
        if (_code.IsNear(counter))
        {
            _code.Near64(0x8B, Host.Rcx, counter);
            _code.Lea(Host.Rcx, Host.Rcx, 1);
            _code.Near64(0x89, Host.Rcx, counter);
            return;
        }

        _code.Move(Host.Rax, (ulong)counter);
        _code.Mem64(0x8B, Host.Rcx, Host.Rax, 0);
        _code.Lea(Host.Rcx, Host.Rcx, 1);
        _code.Mem64(0x89, Host.Rcx, Host.Rax, 0);
    }

    private void EmitCountedLink(long target, bool taken)
    {
        if (taken)
        {
            EmitTaken(_at);
        }

        EmitLink(target, _mode);
    }

    // An indirect jump or call to R14. RCX is free.
    private void EmitJumpNoted()
    {
        if (!CountsEdges)
        {
            return;
        }

        _code.Mem64(0x8B, Host.Rcx, Host.Rbp, StatePlaces.TraceJumps);
        _code.Mem64(0xC7, 0, Host.Rcx, 0);
        _code.Int32(_block.Piece!.Number);
        _code.Mem64(0x89, Host.R14, Host.Rcx, sizeof(ulong));
        _code.Lea(Host.Rcx, Host.Rcx, 2 * sizeof(ulong));
        _code.Mem64(0x89, Host.Rcx, Host.Rbp, StatePlaces.TraceJumps);
    }

    // Before a search of the TLB, with the linear address in RAX and RCX free. A search that fails and is repeated writes nothing again.
    private void EmitAccessBegins(AccessGroup group)
    {
        if (Trace is not { Choice.Accesses: true })
        {
            return;
        }

        if (group.Span != 0)
        {
            _wordOfSlot[group.Slot] = _words;
        }

        _code.Mem64(0x8B, Host.Rcx, Host.Rbp, StatePlaces.TracePiece);
        _code.Mem64(0x89, Host.Rax, Host.Rcx, (1 + _words) * sizeof(ulong));
    }

    // After it, with the host's page in RCX.
    private void EmitAccessEnds()
    {
        if (Trace is not { Choice.Accesses: true })
        {
            return;
        }

        if (Trace.Choice.Physical)
        {
            bool keeps = _keptIsLoaded || MayHoldR14(ref _ops[_at]);
            if (keeps)
            {
                _code.Mem64(0x89, Host.R14, Host.Rbp, StatePlaces.TraceSpill);
            }

            _code.Mem64(0x8B, Host.R14, Host.Rbp, StatePlaces.TracePiece);
            _code.Mem64(0x89, Host.Rcx, Host.R14, (2 + _words) * sizeof(ulong));
            if (keeps)
            {
                _code.Mem64(0x8B, Host.R14, Host.Rbp, StatePlaces.TraceSpill);
            }
        }

        _words += Trace.WordsOfSearch;
    }

    // Whether an instruction itself may use R14 where it searches for its operand.
    private static bool MayHoldR14(ref GuestInstruction op) => op.Kind switch
    {
        EmitKind.Plain or EmitKind.Vector or EmitKind.Push or EmitKind.PushImmediate or EmitKind.Pop or EmitKind.Leave or EmitKind.Call or EmitKind.Return => false,
        _ => true,
    };

    // An access of the present instruction, by what was just searched for.
    private void NoteSearched(int size, bool write, int place) => Note(size, write, _words - (Trace?.WordsOfSearch ?? 0), place);

    // The same by what its group has found.
    private void NoteFound(AccessGroup group, int size, bool write) => Note(size, write, _wordOfSlot[group.Slot], _groups.PlaceOf(_at));

    private void Note(int size, bool write, int word, int place)
    {
        if (Trace is { Choice.Accesses: true })
        {
            _accesses.Add(new PieceAccess((ushort)_at, (byte)size, write, (ushort)word, (short)place));
        }
    }
}
