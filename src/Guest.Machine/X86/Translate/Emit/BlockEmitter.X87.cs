using Guest.Machine.X86.Translate.Decode;
using Iced.Intel;

namespace Guest.Machine.X86.Translate.Emit;

/// <content>x87 instructions: the host's unit holds the guest's registers, and executes them as they are.</content>
internal sealed partial class BlockEmitter
{
    private void EmitX87(ref GuestInstruction op)
    {
        if (op.HasMemory)
        {
            EmitX87Memory(ref op);
            return;
        }

        if (op.Form.Flags == FlagUse.Reads)
        {
            NeedFlags();
        }

        if (X87Forms.DoesNothing(op.Decoded.Mnemonic))
        {
            return;
        }

        if (X87Forms.IsTranscendental(op.Decoded.Mnemonic))
        {
            _code.Mem32(0xC6, 0, Host.Rbp, StatePlaces.VendorDependentUsed); // mov byte [used], 1
            _code.Byte(1);
        }

        _code.Byte(op.Opcode);
        _code.Byte(0xC0 | ((op.Reg & 7) << 3) | (op.Rm & 7));
        if (op.Decoded.Code == Code.Fnstsw_AX)
        {
            _code.Byte(0x66);
            _code.Reg32(0x89, Host.Rax, Host.GuestRax);
        }

        NoteFlags(ref op);
    }

    private void EmitX87Memory(ref GuestInstruction op)
    {
        GiveUpFlagsToSearch();
        Operand memory = EmitFind(ref op, op.MemorySize, X87Forms.Stores(op.Decoded.Mnemonic));
        if (op.Decoded.Code == Code.Fldcw_m2byte)
        {
            EmitLoadControl();
            return;
        }

        _code.Byte(op.Opcode);
        EmitModRm(op.Reg & 7, memory);
    }

    // A control word that unmasks an exception is the interpreter's: this code counts on none.
    private void EmitLoadControl()
    {
        _code.Bytes(0xB7_0F, 2); // movzx ecx, word [rcx + rax]
        _code.Sib(Host.Rcx, Host.Rcx, Host.Rax, 0, 0);
        _code.Mem64(0x89, Host.Rcx, Host.Rbp, StatePlaces.X87Area(0));
        _code.Reg32(0xF7, 2, Host.Rcx); // not ecx
        _code.Bytes(0xC1_F6, 2); // test cl, the exceptions
        _code.Byte(X86.X87.Exceptions);
        AddInterpret(5);
        _code.Byte(0xD9);
        _code.ModRm(5, Host.Rbp, StatePlaces.X87Area(0));
    }
}
