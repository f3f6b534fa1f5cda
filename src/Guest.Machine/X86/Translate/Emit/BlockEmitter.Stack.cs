using Guest.Machine.X86.Translate.Decode;

namespace Guest.Machine.X86.Translate.Emit;

/// <content>PUSH, POP, LEAVE.</content>
internal sealed partial class BlockEmitter
{
    private void EmitPush(ref GuestInstruction op)
    {
        if (op.Kind == EmitKind.PushFlags)
        {
            GiveUpFlagsToMemory();
            EmitFlagsImage();
        }
        else
        {
            GiveUpFlagsToSearch();
        }

        if (op.Kind == EmitKind.PushMemory)
        {
            Encoded(0x8B, Host.R14, EmitFind(ref op, 8, false), 64);
        }

        Operand slot = EmitStackSlot();
        switch (op.Kind)
        {
            case EmitKind.PushImmediate:
                Encoded(0xC7, 0, slot, 64);
                _code.Int32(op.ImmediateLength == 1 ? (sbyte)op.ImmediateBytes : (int)op.ImmediateBytes);
                break;
            case EmitKind.Push:
                Encoded(0x89, LoadOperand(op.Rm, false, slot.Index < 0 ? Host.Rax : Host.R14), slot, 64);
                break;
            default:
                Encoded(0x89, Host.R14, slot, 64);
                break;
        }

        _stackMoved -= 8;
    }

    // The place that a push will write, as a found operand.
    private Operand EmitStackSlot() => EmitFindAt(Host.GuestRsp, -8, 8, true);

    private void EmitPop(ref GuestInstruction op)
    {
        GiveUpFlagsToSearch();
        Operand slot = EmitFindAt(Host.GuestRsp, 0, 8, false);
        int to = IsDirectPop(ref op) ? Host.Home(op.Rm) : Host.Rcx;
        Encoded(0x8B, to, slot, 64);
        if (Host.Home(op.Rm) == Host.GuestRsp)
        {
            _code.Move(Host.GuestRsp, Host.Rcx);
        }
        else
        {
            _stackMoved += 8;
            StoreOperand(op.Rm, false, to);
        }
    }

    // Whether what is popped goes to its register at once.
    private static bool IsDirectPop(ref GuestInstruction op) => Host.Home(op.Rm) is >= 0 and not Host.GuestRsp;

    private void EmitLeave()
    {
        GiveUpFlagsToSearch();
        Encoded(0x8B, Host.Rcx, EmitFindAt(Host.R15, 0, 8, false), 64);
        _code.Lea(Host.GuestRsp, Host.R15, 8);
        _code.Move(Host.R15, Host.Rcx);
    }

    // RFLAGS into R14: the status flags in memory joined with the others. RF and VM are never set in translated code.
    private void EmitFlagsImage()
    {
        _code.Bytes(0xB6_0F, 2); // movzx eax, byte [flags]: OF
        _code.ModRm(Host.Rax, Host.Rbp, StatePlaces.FlagsWord);
        _code.Reg32(0xC1, 4, Host.Rax); // shl eax, 11
        _code.Byte(11);
        _code.Bytes(0xB6_0F, 2); // movzx ecx, byte [flags + 1]
        _code.ModRm(Host.Rcx, Host.Rbp, StatePlaces.FlagsWord + 1);
        _code.Reg32(0x81, 4, Host.Rcx); // and ecx, the five status flags of the low byte
        _code.Int32(0xD5);
        _code.Reg64(0x0B, Host.Rax, Host.Rcx);
        _code.Mem64(0x0B, Host.Rax, Host.Rbp, StatePlaces.SystemFlags);
        _code.Move(Host.R14, Host.Rax);
    }
}
