using Guest.Machine.X86.Translate.Decode;
using Iced.Intel;

namespace Guest.Machine.X86.Translate.Emit;

/// <content>PUSH, POP, ENTER, LEAVE.</content>
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

    private static int StackBytes(in GuestInstruction op) => op.Form.Prefix == 0x66 ? 2 : 8;

    // What is pushed comes by R14.
    private void EmitPushOther(ref GuestInstruction op)
    {
        int size = StackBytes(op);
        GiveUpFlagsToMemory();
        if (op.Decoded.Mnemonic == Mnemonic.Pushf)
        {
            EmitFlagsImage();
        }
        else if (op.ImmediateLength != 0)
        {
            _code.Move(Host.R14, op.ImmediateLength == 1 ? (ushort)(sbyte)op.ImmediateBytes : op.ImmediateBytes);
        }
        else if (op.Map == 1)
        {
            _code.Rex(false, Host.R14, 0, Host.Rbp);
            _code.Bytes(0xB7_0F, 2); // movzx r14d, word [selector]
            _code.ModRm(Host.R14, Host.Rbp, StatePlaces.Selector((int)(op.Opcode == 0xA0 ? SegmentName.Fs : SegmentName.Gs)));
        }
        else if (op.HasMemory)
        {
            LoadNarrow(Host.R14, EmitFind(ref op, size, false), 16);
        }
        else
        {
            _code.Move(Host.R14, LoadOperand(op.Rm, false, Host.R14));
        }

        EmitLookupAt(Host.GuestRsp, -size, size, true);
        Element(0x88, Host.R14, size);
        _code.Lea(Host.GuestRsp, Host.GuestRsp, -size);
    }

    private void EmitPopNarrow(ref GuestInstruction op)
    {
        GiveUpFlagsToMemory();
        EmitLookupAt(Host.GuestRsp, 0, 2, false);
        LoadNarrow(Host.R14, Operand.Found, 16);
        _code.Lea(Host.GuestRsp, Host.GuestRsp, 2);
        int to = LoadOperand(op.Rm, false, Host.Rcx);
        EmitOnRegister(0x88, Host.R14, to, 16);
        StoreOperand(op.Rm, false, to);
    }

    // An address based on RSP is that after the pop.
    private void EmitPopMemory(ref GuestInstruction op)
    {
        int size = StackBytes(op);
        GiveUpFlagsToMemory();
        EmitLookupAt(Host.GuestRsp, 0, size, false);
        Element(0x8A, Host.R14, size);
        long displacement = op.Displacement;
        op.Displacement += op.Base == 4 ? size : 0;
        EmitAddress(ref op);
        op.Displacement = displacement;
        EmitLookup(size, true);
        Element(0x88, Host.R14, size);
        _code.Lea(Host.GuestRsp, Host.GuestRsp, size);
    }

    // Of the flags that code may write here, those that change what comes next must be as they are.
    private void EmitPopFlags(ref GuestInstruction op)
    {
        const ulong Steering = X86.Flags.TF | X86.Flags.AC | X86.Flags.IF | X86.Flags.IOPL;
        const ulong Others = X86.Flags.DF | X86.Flags.NT | X86.Flags.ID;
        int size = StackBytes(op);
        ulong written = size == 2 ? ushort.MaxValue : uint.MaxValue;
        GiveUpFlagsToMemory();
        EmitLookupAt(Host.GuestRsp, 0, size, false);
        Element(0x8A, Host.R14, size);
        _code.Mem64(0x8B, Host.Rcx, Host.Rbp, StatePlaces.SystemFlags);
        _code.Reg32(0x33, Host.Rcx, Host.R14);
        _code.Reg32(0xF7, 0, Host.Rcx); // test ecx, flags
        _code.Int32((int)(Steering & written));
        AddInterpret(5);
        _code.Reg32(0x81, 4, Host.Rcx); // and ecx, flags: those that change
        _code.Int32((int)(Others & written));
        _code.Mem64(0x31, Host.Rcx, Host.Rbp, StatePlaces.SystemFlags);
        _code.Reg32(0x8B, Host.Rax, Host.R14);
        _code.Bytes(0xC4_88, 2); // mov ah, al: the low byte
        _code.Bytes(0xD5_E4_80, 3); // and ah, its status flags
        _code.Bytes(0x02_CC_80, 3); // or ah, 2
        EmitBitOf(Host.R14, 11, Host.Rax); // OF to AL
        StoreFlagsWord(_code);
        _code.Lea(Host.GuestRsp, Host.GuestRsp, size);
        NoteFlagsInMemory();
    }

    // Of the two writes the second is none: the frame's end is looked at.
    private void EmitEnterFrame(ref GuestInstruction op)
    {
        int size = StackBytes(op);
        int room = (ushort)op.ImmediateBytes;
        GiveUpFlagsToMemory();
        EmitLookupAt(Host.GuestRsp, -size, size, true);
        Element(0x88, Host.R15, size);
        _code.Lea(Host.Rax, Host.GuestRsp, -size - room);
        EmitSearch(size, true);
        _code.Lea(Host.Rax, Host.GuestRsp, -size);
        _code.Lea(Host.GuestRsp, Host.Rax, -room);
        EmitOnRegister(0x88, Host.Rax, Host.R15, 8 * size);
    }

    private void EmitLeaveNarrow()
    {
        GiveUpFlagsToMemory();
        EmitLookupAt(Host.R15, 0, 2, false);
        _code.Lea(Host.GuestRsp, Host.R15, 2);
        Element(0x8A, Host.R15, 2);
    }

    private void EmitLookupAt(int register, int displacement, int size, bool write)
    {
        _code.Lea(Host.Rax, register, displacement);
        EmitLookup(size, write);
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
