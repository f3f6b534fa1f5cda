using Guest.Machine.X86.Translate.Decode;
using Guest.Machine.X86.Translate.Link;

namespace Guest.Machine.X86.Translate.Emit;

/// <content>What stands beside the ordinary path: exits, the second level of the TLB, jumps to other pages.</content>
internal sealed partial class BlockEmitter
{
    private void EmitCold()
    {
        _code = _cold;
        (_kept, _slotIsOwed) = (None, false);
        for (int i = 0; i < _coldStubs.Count; i++)
        {
            ColdStub stub = _coldStubs[i];
            _code.Patch(stub.Jump, _code.Here);
            EmitCold(stub);
        }

        _links.EmitStubs(_block, _cold, _stubs);
    }

    private void EmitCold(in ColdStub stub)
    {
        switch (stub.Kind)
        {
            case ColdKind.Access:
                EmitAccess(stub);
                break;
            case ColdKind.Interpret:
                EmitRepeat(stub.Repeat);
                EmitExit(Leave.Interpret, stub.Index, Left(stub.Index));
                break;
            case ColdKind.Budget:
                EmitRepeat(stub.Repeat);
                EmitExit(Leave.Budget, 0, LeftUnchecked(0));
                break;
            case ColdKind.BudgetAfterWriter:
                EmitPlainRegisters(ref _ops[stub.Index]);
                StoreFlags(_code);
                EmitExit(Leave.Budget, stub.Index + 1, LeftUnchecked(stub.Index + 1));
                break;
            case ColdKind.Vectors:
                _ = _code.Call(_stubs.LoadVectors);
                _ = _code.Jump(stub.Back);
                break;
            case ColdKind.X87:
                _ = _code.Call(_stubs.LoadX87);
                _ = _code.Jump(stub.Back);
                break;
            case ColdKind.Jump:
                EmitExit(Leave.Jump, Math.Min(stub.Index, _count - 1), 0, stub.Index);
                break;
            case ColdKind.Taken:
                EmitTaken(stub.Index);
                _links.Add(_block, _code.Jump(0), stub.Target, stub.WithFlags, _mode);
                break;
            case ColdKind.FarJump:
                EmitTaken(stub.Index);
                EmitCodeAddress(Host.Rax, stub.Target);
                EmitJumpCache(stub.Index);
                break;
            case ColdKind.StringDown:
                EmitStringDown(stub);
                break;
            case ColdKind.IndirectCall:
                _code.Move(Host.Rax, Host.R14);
                EmitJumpCache(stub.Index);
                break;
            default:
                EmitLostReturn(stub);
                break;
        }
    }

    // RAX is the address xored with the tag, RCX the entry's number.
    private void EmitAccess(in ColdStub stub)
    {
        int table = StatePlaces.Table(_mode.Access) + (stub.Write ? TlbEntry.Write : 0);
        _code.Index64(0x33, Host.Rax, Host.Rbp, Host.Rcx, 3, table);
        EmitRepeat(stub.Repeat);
        _code.StoreInt32(Host.Rbp, StatePlaces.Site, _links.AddSite(new Site(_block.Number, stub.Index, Left(stub.Index), stub.Back, 0, stub.Group.Skip, _groups.IsOpenAt(stub.Index))));
        nint beyond = 0;
        if (stub.Size > 1)
        {
            _code.Mem32(0x8D, Host.Rcx, Host.Rax, stub.Size - 1);
            _code.Reg32(0x33, Host.Rcx, Host.Rax);
            _code.Bytes(0xC1_F7, 2); // test ecx, the page number
            _code.Int32(~0xFFF);
            beyond = _code.JumpIf(5, _stubs.Exit(Leave.Interpret));
        }

        nint overEnd = MayCross(stub) ? beyond : 0;

        if (stub is { Write: true, Size: sizeof(ulong), Group.Span: 0 } && _mode.IsSupervisor && Trace is null)
        {
            _code.Byte(0xA8); // test al, 7
            _code.Byte(sizeof(ulong) - 1);
            nint unaligned = _code.JumpIf(5, 0);
            _ = _code.Call(_stubs.LookupEntry(_mode.Access));
            _ = _code.JumpIf(2, stub.Found);
            _ = _code.Jump(stub.Back);
            _code.Patch(unaligned, _code.Here);
        }

        bool asks = stub.Group.Writes && !stub.Group.LeaderWrites;
        _ = _code.Call(asks ? _stubs.Ask(_mode.Access) : _stubs.Lookup(_mode.Access, stub.Write));
        _ = asks ? _code.JumpIf(3, stub.Back) : _code.Jump(stub.Back);
        if (asks || (beyond != 0 && stub.Group.Span != 0))
        {
            EmitApart(stub.Index, beyond);
        }

        if (overEnd != 0)
        {
            _code.Patch(overEnd, _code.Here);
            EmitAcross(stub);
        }
    }

    // Whether an access over two pages can be made here: those that read, and stores of vector registers. A trace knows one page of an access.
    private bool MayCross(in ColdStub stub) => stub is { Size: > 1 and <= 32, Group.Span: 0 } && Trace is not { Choice.Accesses: true }
        && (stub.Write ? stub.After != 0 : _ops[stub.Index].Kind is not (EmitKind.String or EmitKind.StringCompare));

    // Both pages' bytes are put side by side, and accessed there; what was stored is put back into both.
    private void EmitAcross(in ColdStub stub)
    {
        _ = _code.Call(_stubs.Across(_mode.Access, stub.Write, stub.Size));
        _ = _code.JumpIf(3, _stubs.Exit(Leave.Interpret));
        if (!stub.Write)
        {
            _ = _code.Jump(stub.Found);
            return;
        }

        ref GuestInstruction op = ref _ops[stub.Index];
        Encode(ref op, op.Reg, op.Vvvv, Operand.Found);
        _ = _code.Call(_stubs.PutBack(stub.Size));
        _ = _code.Jump(stub.After);
    }

    // A group that lies across a page's end, or must not be written while its leader only reads, is left for a run in which each access is searched for by
    // itself; what has not been executed is given back to the budget. A trace would not see that: there the interpreter executes the leader.
    private void EmitApart(int index, nint beyond)
    {
        if (Trace is not null)
        {
            _ = _code.Jump(_stubs.Exit(Leave.Interpret));
            return;
        }

        if (beyond != 0)
        {
            _code.Patch(beyond, _code.Here);
        }

        _code.Lea(Host.R11, Host.R11, Left(index) << 16);
        _links.Add(_block, _code.Jump(0), _ops[index].Offset, false, _mode.Apart);
    }

    // Makes the flags again, and stores them; RAX is kept.
    private void EmitRepeat(int producer)
    {
        if (producer >= 0)
        {
            _code.Mem64(0x89, Host.Rax, Host.Rbp, StatePlaces.Rax);
            if (EmitFlagsAgain(ref _ops[producer]) == FlagPlace.Processor)
            {
                StoreFlags(_code);
            }

            _code.Mem64(0x8B, Host.Rax, Host.Rbp, StatePlaces.Rax);
        }
    }

    private void EmitExit(Leave reason, int index, int left, int jump = -1)
    {
        int undo = jump >= 0 && jump < _count && _ops[jump].Kind == EmitKind.Return ? 8 + (int)_ops[jump].ImmediateBytes : 0;
        _code.StoreInt32(Host.Rbp, StatePlaces.Site, _links.AddSite(new Site(_block.Number, index, left, 0, undo)));
        _ = _code.Jump(_stubs.Exit(reason));
    }

    private void EmitInterpretExit(int index)
    {
        GiveUpFlagsToMemory();
        EmitExit(Leave.Interpret, index, Left(index));
    }

    // What the shadow stack says has not come true: it starts over.
    private void EmitLostReturn(in ColdStub stub)
    {
        _code.Mem64(0x8B, Host.Rsp, Host.Rbp, StatePlaces.ShadowBottom);
        EmitJumpCache(stub.Index);
    }
}
