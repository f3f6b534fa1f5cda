using Guest.Machine.X86.Observe;

namespace Guest.Machine.X86.Translate.Emit;

/// <content>What a trace has emitted into blocks: their counters, the pieces in order, the accesses. Where there is no trace, nothing.</content>
internal sealed partial class BlockEmitter
{
    /// <summary>The trace, or null.</summary>
    internal CodeTrace? Trace { get; set; }

    // At the block's beginning, before its budget is checked. The flags are in memory or dead, RAX and RCX are free.
    private void EmitPiece()
    {
        if (_block.Piece is not { } piece)
        {
            return;
        }

        if (piece.IsCounted)
        {
            _code.Mem64(0x8B, Host.Rax, Host.Rbp, StatePlaces.TraceCounters);
            _code.Mem64(0xFF, 0, Host.Rax, piece.Number * sizeof(long)); // inc qword [counter]
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

            _code.Lea(Host.Rax, Host.Rax, sizeof(ulong));
            _code.Mem64(0x89, Host.Rax, Host.Rbp, StatePlaces.TraceEnd);
        }
    }

    private bool CountsEdges => Trace is { Choice.Edges: true } && _block.Piece is not null;

    // The block's conditional jump is taken. RAX and RCX are free; the flags may be in use.
    private void EmitTaken()
    {
        int counter = _block.Piece!.Number * sizeof(long);
        _code.Mem64(0x8B, Host.Rax, Host.Rbp, StatePlaces.TraceTaken);
        _code.Mem64(0x8B, Host.Rcx, Host.Rax, counter);
        _code.Lea(Host.Rcx, Host.Rcx, 1);
        _code.Mem64(0x89, Host.Rcx, Host.Rax, counter);
    }

    private void EmitTakenIf(int index)
    {
        if (CountsEdges && index < _count && _ops[index].Kind == Decode.EmitKind.JumpIf)
        {
            EmitTaken();
        }
    }

    private void EmitCountedLink(long target, bool taken)
    {
        if (taken && CountsEdges)
        {
            EmitTaken();
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
    private void EmitAccessBegins(int size, bool write)
    {
        if (Trace is not { Choice.Accesses: true })
        {
            return;
        }

        _code.Mem64(0x8B, Host.Rcx, Host.Rbp, StatePlaces.TraceEnd);
        _code.Mem64(0xC7, 0, Host.Rcx, 0);
        _code.Int32(TraceWords.Descriptor(_at, size, write));
        _code.Mem64(0x89, Host.Rax, Host.Rcx, sizeof(ulong));
        _code.Lea(Host.Rcx, Host.Rcx, TraceWords.PerAccess * sizeof(ulong));
        _code.Mem64(0x89, Host.Rcx, Host.Rbp, StatePlaces.TraceEnd);
    }

    // After it, with the host's page in RCX; R14 may be in use.
    private void EmitAccessEnds()
    {
        if (Trace is not { Choice.Accesses: true })
        {
            return;
        }

        _code.Mem64(0x89, Host.R14, Host.Rbp, StatePlaces.TraceSpill);
        _code.Mem64(0x8B, Host.R14, Host.Rbp, StatePlaces.TraceEnd);
        _code.Mem64(0x89, Host.Rcx, Host.R14, -sizeof(ulong));
        _code.Mem64(0x8B, Host.R14, Host.Rbp, StatePlaces.TraceSpill);
    }
}
