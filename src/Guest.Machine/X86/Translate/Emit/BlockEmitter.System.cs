using Guest.Machine.X86.Translate.Decode;
using Iced.Intel;

namespace Guest.Machine.X86.Translate.Emit;

/// <content>Flags as values, and the system instructions that kernels use often.</content>
internal sealed partial class BlockEmitter
{
    // lahf goes through CL: AH cannot be named beside R8.
    private void EmitLoadFlags()
    {
        NeedFlags();
        _code.Bytes(0xE1_88_9F, 3); // lahf; mov cl, ah
        Turn(Host.GuestRax, Host.GuestRax, 8);
        _code.Reg8(0x8A, Host.GuestRax, Host.Rcx);
        Turn(Host.GuestRax, Host.GuestRax, 56);
    }

    private void EmitStoreFlags()
    {
        NeedFlags();
        Turn(Host.Rcx, Host.GuestRax, 8);
        _code.Bytes(0x9E_CC_88, 3); // mov ah, cl; sahf
        (_flags, _producer) = (FlagPlace.Processor, -1);
    }

    private void EmitDirection(ref GuestInstruction op)
    {
        GiveUpFlagsToMemory();
        bool set = op.Decoded.Mnemonic == Mnemonic.Std;
        EmitSystemFlag(set, (int)X86.Flags.DF);
    }

    private void EmitDisableInterrupts()
    {
        GiveUpFlagsToMemory();
        EmitSystemFlag(false, (int)X86.Flags.IF);
    }

    // Where no interrupt waits, nobody sees the shadow of an STI: emitted code always ends before the instruction at which the run is to stop.
    private void EmitEnableInterrupts()
    {
        GiveUpFlagsToMemory();
        _code.Mem32(0x83, 7, Host.Rbp, StatePlaces.InterruptWaits); // cmp dword [waits], 0
        _code.Byte(0);
        AddInterpret(5);
        EmitSystemFlag(true, (int)X86.Flags.IF);
    }

    private void EmitSystemFlag(bool set, int flag)
    {
        _code.Mem64(0x81, set ? 1 : 4, Host.Rbp, StatePlaces.SystemFlags);
        _code.Int32(set ? flag : ~flag);
    }

    // STAC and CLAC change the privilege of data accesses: the block ends, and goes on as one of the other mode.
    private void EmitAccessCheck(ref GuestInstruction op)
    {
        GiveUpFlagsToMemory();
        bool set = op.Decoded.Mnemonic == Mnemonic.Stac;
        AccessMode mode = set ? AccessMode.SupervisorAc : AccessMode.Supervisor;
        EmitSystemFlag(set, (int)X86.Flags.AC);
        _code.StoreInt32(Host.Rbp, StatePlaces.Mode, (int)mode);
        _code.Lea(Host.Rax, Host.Rbp, StatePlaces.Table(mode));
        _code.Mem64(0x89, Host.Rax, Host.Rbp, StatePlaces.TlbTable);
        EmitLink(op.Next, _mode.With(mode));
    }

    private void EmitSwapGs()
    {
        int current = StatePlaces.SegmentBase(SegmentName.Gs);
        _code.Mem64(0x8B, Host.Rax, Host.Rbp, current);
        _code.Mem64(0x8B, Host.Rcx, Host.Rbp, StatePlaces.KernelGsBase);
        _code.Mem64(0x89, Host.Rcx, Host.Rbp, current);
        _code.Mem64(0x89, Host.Rax, Host.Rbp, StatePlaces.KernelGsBase);
    }

    // The ticks at the last anchor, and those of the instructions since (MachineClock): a product of 128 bits, of which the middle ones count.
    private void EmitReadTime(ref GuestInstruction op)
    {
        GiveUpFlagsToMemory();
        _code.Mem32(0x83, 7, Host.Rbp, StatePlaces.TimeIsKept); // cmp dword [kept], 0
        _code.Byte(0);
        AddInterpret(5);
        _code.Move(Host.Rcx, Host.R11);
        _code.Reg64(0xC1, 7, Host.Rcx); // sar rcx, 16
        _code.Byte(16);
        _code.Mem64(0x8B, Host.Rax, Host.Rbp, StatePlaces.TimeCount);
        _code.Reg64(0x2B, Host.Rax, Host.Rcx);
        _code.Lea(Host.Rax, Host.Rax, -Left(_at));
        _code.Mem64(0xF7, 4, Host.Rbp, StatePlaces.TimeRate); // mul qword [rate]
        _code.Bytes(0x20_D0_AC_0F_48, 5); // shrd rax, rdx, 32
        _code.Mem64(0x03, Host.Rax, Host.Rbp, StatePlaces.TimeTicks);
        _code.Move(Host.Rdx, Host.Rax);
        _code.Reg64(0xC1, 5, Host.Rdx); // shr rdx, 32
        _code.Byte(32);
        _code.Reg32(0x8B, Host.GuestRax, Host.Rax);
        if (op.Decoded.Mnemonic == Mnemonic.Rdtscp)
        {
            _code.Mem64(0x8B, Host.GuestRcx, Host.Rbp, StatePlaces.TscAux);
        }
    }

    // movzx of the selector; a 16-bit destination keeps its upper bits.
    private void EmitReadSegment(ref GuestInstruction op)
    {
        bool narrow = op.Form.Bits == 16;
        int to = narrow ? LoadOperand(op.Rm, false, Host.Rcx) : Host.Home(op.Rm) is var home and >= 0 ? home : Host.Rcx;
        if (narrow)
        {
            _code.Byte(0x66);
            _code.Mem32(0x8B, to, Host.Rbp, StatePlaces.Selector(op.Reg & 7));
        }
        else
        {
            _code.Rex(false, to, 0, Host.Rbp);
            _code.Bytes(0xB7_0F, 2);
            _code.ModRm(to, Host.Rbp, StatePlaces.Selector(op.Reg & 7));
        }

        StoreOperand(op.Rm, false, to);
    }

    private void EmitReadBase(ref GuestInstruction op)
    {
        EmitMayUseBases();
        int to = Host.Home(op.Rm) is var home and >= 0 ? home : Host.Rcx;
        Encoded(0x8B, to, Operand.At(Host.Rbp, StatePlaces.SegmentBase(BaseNamed(op))), op.Form.Bits);
        StoreOperand(op.Rm, false, to);
    }

    // An address that is not canonical is the interpreter's to refuse.
    private void EmitWriteBase(ref GuestInstruction op)
    {
        EmitMayUseBases();
        Encoded(0x8B, Host.Rax, Operand.Of(LoadOperand(op.Rm, false, Host.Rax)), op.Form.Bits);
        if (op.Form.Bits == 64)
        {
            int unused = _mode.Wide ? 7 : 16;
            _code.Move(Host.Rcx, Host.Rax);
            _code.Reg64(0xC1, 4, Host.Rcx); // shl rcx
            _code.Byte(unused);
            _code.Reg64(0xC1, 7, Host.Rcx); // sar rcx
            _code.Byte(unused);
            _code.Reg64(0x3B, Host.Rcx, Host.Rax);
            AddInterpret(5);
        }

        _code.Mem64(0x89, Host.Rax, Host.Rbp, StatePlaces.SegmentBase(BaseNamed(op)));
    }

    private void EmitMayUseBases()
    {
        GiveUpFlagsToMemory();
        _code.Mem32(0xF7, 0, Host.Rbp, StatePlaces.Cr4); // test dword [cr4], FSGSBASE
        _code.Int32((int)ControlBits.Cr4FsGsBase);
        AddInterpret(4);
    }

    private static SegmentName BaseNamed(in GuestInstruction op) => op.Decoded.Mnemonic is Mnemonic.Rdfsbase or Mnemonic.Wrfsbase ? SegmentName.Fs : SegmentName.Gs;

    private void EmitFlushLine(ref GuestInstruction op)
    {
        GiveUpFlagsToMemory();
        EmitAddress(ref op);
        EmitSearch(1, write: false);
    }

    private void EmitTranslateByte(ref GuestInstruction op)
    {
        GiveUpFlagsToMemory();
        _code.Rex(false, Host.Rax, 0, Host.GuestRax);
        _code.Bytes(0xB6_0F, 2); // movzx eax, al
        _code.Byte(0xC0 | (Host.GuestRax & 7));
        _code.Reg64(0x03, Host.Rax, Host.Rbx);
        if (op.Cut)
        {
            _code.Reg32(0x8B, Host.Rax, Host.Rax);
        }

        if (op.Segment is SegmentName.Fs or SegmentName.Gs)
        {
            _code.Mem64(0x03, Host.Rax, Host.Rbp, StatePlaces.SegmentBase(op.Segment));
        }

        EmitLookup(1, false);
        Element(0x8A, Host.GuestRax, 1);
    }
}
