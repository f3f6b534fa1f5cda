using Guest.Machine.X86.Translate.Analyse;
using Guest.Machine.X86.Translate.Decode;
using Iced.Intel;

namespace Guest.Machine.X86.Translate.Emit;

/// <content>Jumps, calls, returns, and how blocks follow each other.</content>
internal sealed partial class BlockEmitter
{
    // Bytes of the page; what lies beyond is another one.
    private static bool IsFar(long target) => target is < 0 or > 0xFFF;

    // The shadow stack holds code of one mode: SMAP's being off for some instructions is not worth a second one.
    private bool HasShadow => _mode.Access != AccessMode.SupervisorAc;

    private static long TargetOf(in GuestInstruction op) => (long)op.Decoded.NearBranchTarget;

    // Goes on at a place known now: in this page, or for kernel code anywhere, by a jump that is patched; else by the jump cache.
    private void EmitLink(long target, ModeKey mode)
    {
        if (IsMovable && IsFar(target))
        {
            GiveUpFlagsToMemory();
            EmitFarJump(target);
            return;
        }

        NeedRepeated();
        Link(_code.Jump(0), target, mode);
    }

    private void Link(nint jump, long target, ModeKey mode) => _links.Add(_block, jump, target, _flags == FlagPlace.Processor, mode);

    private void EmitFarJump(long target)
    {
        EmitCodeAddress(Host.Rax, target);
        EmitJumpCache(_at);
    }

    // Jumps to the linear address in RAX. The flags are in memory. RCX and R14 are overwritten.
    private void EmitJumpCache(int index, ColdKind missed = ColdKind.Jump)
    {
        AccessMode mode = _mode.Access;
        int jumps = StatePlaces.Jumps(mode);
        _code.Bytes(0xC8_F0_7B_E3_C4, 5); // rorx ecx, eax, 12
        _code.Byte(12);
        _code.Reg32(0x33, Host.Rcx, Host.Rax);
        _code.Reg32(0x81, 4, Host.Rcx);
        _code.Int32(Translate.Link.JumpCache.Entries - 1);
        _code.Reg32(0xC1, 4, Host.Rcx);
        _code.Byte(4);
        _code.Move(Host.R14, Host.Rax);
        _code.Mem64(0x33, Host.R14, Host.Rbp, IsMovable ? StatePlaces.UserKey : StatePlaces.KernelKey);
        _code.Index64(0x3B, Host.R14, Host.Rbp, Host.Rcx, 0, jumps);
        nint miss = _code.JumpIf(5, 0);
        AddCold(new ColdStub(missed, miss, 0, index));
        if (IsMovable)
        {
            _code.Immediate64(4, Host.Rax, -0x1000);
            _code.Mem64(0x89, Host.Rax, Host.Rbp, StatePlaces.CodePage);
        }

        _code.Index64(0xFF, 4, Host.Rbp, Host.Rcx, 0, jumps + 8);
    }

    private void EmitJumpIf(ref GuestInstruction op)
    {
        NeedFlags();
        EmitBranch(0x80 | (op.Opcode & 15), TargetOf(op));
        if (_at < _count - 1)
        {
            EmitCharge(PartEnd(_at + 1) - _at - 1);
        }
        else if (!_next)
        {
            EmitLink(op.Next, _mode);
        }
    }

    private void EmitJump(long target)
    {
        NeedRepeated();
        if (!LoopsBack(target))
        {
            EmitLink(target, _mode);
        }
        else if (_loop.Start != 0)
        {
            _ = _code.Jump(_loop.Start);
        }
    }

    // A conditional jump out of the block.
    private void EmitBranch(int opcode, long target)
    {
        if (LoopsBack(target))
        {
            nint jump = _code.JumpIf(opcode & 15, _loop.Start);
            _loop.Jump = _loop.Start == 0 ? jump : 0;
            return;
        }

        if (IsMovable && IsFar(target))
        {
            SaveFlags();
            _code.Byte(0x0F);
            _code.Byte(opcode);
            _code.Int32(0);
            AddCold(new ColdStub(ColdKind.FarJump, _code.Here - 4, 0, _at, Target: target));
            return;
        }

        _code.Byte(0x0F);
        _code.Byte(opcode);
        _code.Int32(0);
        if (NotesTaken(_at))
        {
            AddCold(new ColdStub(ColdKind.Taken, _code.Here - 4, 0, _at, Target: target, WithFlags: _flags == FlagPlace.Processor));
            return;
        }

        Link(_code.Here - 4, target, _mode);
    }

    // jrcxz on the guest's counter: none of this touches the flags.
    private void EmitCountJump(ref GuestInstruction op)
    {
        bool loop = op.Decoded.Mnemonic == Mnemonic.Loop;
        NeedRepeated();
        SaveFlags();
        if (loop)
        {
            EmitCountDown(ref op);
        }

        if (CountsNarrow(op))
        {
            _code.Reg32(0x8B, Host.Rcx, Host.GuestRcx);
        }
        else
        {
            _code.Move(Host.Rcx, Host.GuestRcx);
        }

        _code.Bytes(0x00_E3, 2);
        nint zero = _code.Here - 1;
        (FlagPlace flags, long first, long second) = (_flags, loop ? TargetOf(op) : op.Next, loop ? op.Next : TargetOf(op));
        EmitCountedLink(first, loop);
        _code.PatchShort(zero);
        _flags = flags;
        EmitCountedLink(second, !loop);
    }

    private static bool CountsNarrow(in GuestInstruction op) => op.Decoded.Code is Code.Jecxz_rel8_64 or Code.Loop_rel8_64_ECX or Code.Loope_rel8_64_ECX or Code.Loopne_rel8_64_ECX;

    // lea, which leaves the flags alone; a 32-bit count loses what stands above it.
    private void EmitCountDown(ref GuestInstruction op)
    {
        if (CountsNarrow(op))
        {
            _code.Mem32(0x8D, Host.GuestRcx, Host.GuestRcx, -1);
        }
        else
        {
            _code.Lea(Host.GuestRcx, Host.GuestRcx, -1);
        }
    }

    private void EmitCountJumpIf(ref GuestInstruction op)
    {
        GiveUpFlagsToMemory();
        EmitCountDown(ref op);
        _code.Reg64(0x85, Host.GuestRcx, Host.GuestRcx);
        nint zero = _code.JumpIf(4, 0);
        _code.Mem32(0xF6, 0, Host.Rbp, StatePlaces.FlagsWord + 1); // test byte [flags], ZF
        _code.Byte((int)X86.Flags.ZF);
        nint otherwise = _code.JumpIf(op.Decoded.Mnemonic == Mnemonic.Loope ? 4 : 5, 0);
        EmitCountedLink(TargetOf(op), true);
        _code.Patch(zero, _code.Here);
        _code.Patch(otherwise, _code.Here);
        EmitCountedLink(op.Next, false);
    }

    private void EmitCall(ref GuestInstruction op)
    {
        GiveUpFlagsToMemory();
        EmitPushReturn(op.Next);
        long target = TargetOf(op);
        if (!HasShadow)
        {
            EmitLink(target, _mode);
        }
        else if (IsMovable && IsFar(target))
        {
            AddCold(new ColdStub(ColdKind.FarJump, _code.Call(0), 0, _at, Target: target));
            EmitLanding(op.Next);
        }
        else
        {
            Link(_code.Call(0), target, _mode);
            EmitLanding(op.Next);
        }
    }

    // Pushes the return address, on the shadow stack too. R14 is kept.
    private void EmitPushReturn(int next)
    {
        Operand slot = EmitStackSlot();
        if (slot.Index >= 0)
        {
            _code.Index64(0x8D, Host.Rcx, slot.Register, slot.Index, 0, 0);
            slot = Operand.At(Host.Rcx);
        }

        EmitCodeAddress(Host.Rax, next);
        Encoded(0x89, Host.Rax, slot, 64);
        _code.Lea(Host.GuestRsp, Host.GuestRsp, -8);
        if (HasShadow)
        {
            _code.Byte(0x50); // push rax
        }
    }

    // Where the return comes back to: the guest's return address is taken off the shadow stack, and names the page again.
    private void EmitLanding(int next)
    {
        if (IsMovable)
        {
            _code.Mem64(0x8B, Host.Rax, Host.Rsp, 0);
            _code.Lea(Host.Rax, Host.Rax, -next);
            _code.Mem64(0x89, Host.Rax, Host.Rbp, StatePlaces.CodePage);
        }

        _code.Lea(Host.Rsp, Host.Rsp, 8);
        EmitLink(next, _mode);
    }

    private void EmitCallIndirect(ref GuestInstruction op)
    {
        GiveUpFlagsToMemory();
        EmitTarget(ref op);
        EmitCanonical();
        EmitPushReturn(op.Next);
        EmitJumpNoted();
        if (HasShadow)
        {
            AddCold(new ColdStub(ColdKind.IndirectCall, _code.Call(0), 0, _at));
            EmitLanding(op.Next);
        }
        else
        {
            _code.Move(Host.Rax, Host.R14);
            EmitJumpCache(_at);
        }
    }

    // The target of an indirect jump into R14.
    private void EmitTarget(ref GuestInstruction op)
    {
        if (op.HasMemory)
        {
            Encoded(0x8B, Host.R14, EmitFind(ref op, 8, false), 64);
        }
        else
        {
            _code.Move(Host.R14, LoadOperand(op.Rm, false, Host.R14));
        }
    }

    // A call whose target is no address faults before it pushes: the interpreter's work.
    private void EmitCanonical()
    {
        int unused = _mode.Wide ? 7 : 16;
        _code.Move(Host.Rcx, Host.R14);
        _code.Reg64(0xC1, 4, Host.Rcx);
        _code.Byte(unused);
        _code.Reg64(0xC1, 7, Host.Rcx);
        _code.Byte(unused);
        _code.Reg64(0x3B, Host.Rcx, Host.R14);
        AddInterpret(5);
    }

    private void EmitJumpIndirect(ref GuestInstruction op)
    {
        GiveUpFlagsToMemory();
        EmitTarget(ref op);
        if (CountsEdges)
        {
            EmitCanonical();
            EmitJumpNoted();
        }

        _code.Move(Host.Rax, Host.R14);
        EmitJumpCache(_at);
    }

    private void EmitReturn(ref GuestInstruction op)
    {
        GiveUpFlagsToMemory();
        Encoded(0x8B, Host.Rax, EmitFindAt(Host.GuestRsp, 0, 8, false), 64);
        _code.Lea(Host.GuestRsp, Host.GuestRsp, 8 + (int)op.ImmediateBytes);
        if (!HasShadow)
        {
            EmitJumpCache(_at);
            return;
        }

        _code.Mem64(0x3B, Host.Rax, Host.Rsp, 8);
        AddCold(new ColdStub(ColdKind.Return, _code.JumpIf(5, 0), 0, _at));
        _code.Byte(0xC3);
    }
}
