using Guest.Machine.X86.Translate.Decode;
using Iced.Intel;

namespace Guest.Machine.X86.Translate.Emit;

/// <content>Products, quotients, bit searches, bit strings, comparisons with exchange.</content>
internal sealed partial class BlockEmitter
{
    private void EmitBits(ref GuestInstruction op)
    {
        EmitPlain(ref op);
        bool vvvv = op.Decoded.Mnemonic is Mnemonic.Blsi or Mnemonic.Blsmsk or Mnemonic.Blsr;
        EmitResultFlags(vvvv ? op.Vvvv : op.Reg, op.Form.Bits, overflowIsCarry: false);
    }

    private void EmitZeroCount(ref GuestInstruction op)
    {
        EmitPlain(ref op);
        EmitResultFlags(op.Reg, op.Form.Bits, overflowIsCarry: false);
    }

    private void EmitMultiply(ref GuestInstruction op)
    {
        EmitPlain(ref op);
        EmitResultFlags(op.Reg, op.Form.Bits, overflowIsCarry: true);
    }

    // CF as the instruction leaves it, OF the same or 0, the others as the result in a guest register, AF 0.
    private void EmitResultFlags(int guest, int bits, bool overflowIsCarry)
    {
        if (!AreSeen(_at))
        {
            NoteFlagsDead();
            return;
        }

        _code.Bytes(0xC1_92_0F, 3); // setc cl
        EmitCompareZero(guest, bits);
        _code.Byte(0x9F); // lahf
        _code.Bytes(0xCC_08, 2); // or ah, cl
        if (overflowIsCarry)
        {
            _code.Bytes(0xC8_88, 2); // mov al, cl
        }
        else
        {
            _code.Bytes(0x00_B0, 2); // mov al, 0
        }

        StoreFlagsWord(_code);
        NoteFlagsInMemory();
    }

    // cmp register, 0: CF, OF and AF are 0, the others those of the value.
    private void EmitCompareZero(int guest, int bits)
    {
        int home = Home(guest);
        if (bits == 16)
        {
            _code.Byte(0x66);
        }

        if (home >= 0)
        {
            _code.Rex(bits == 64, 0, 0, home);
            _code.Byte(bits == 8 ? 0x80 : 0x83);
            _code.Byte(0xF8 | (home & 7));
        }
        else
        {
            _code.Rex(bits == 64, 0, 0, 0);
            _code.Byte(bits == 8 ? 0x80 : 0x83);
            _code.ModRm(7, Host.Rbp, Host.Place(guest));
        }

        _code.Byte(0);
    }

    // A source operand for instructions that need RAX and RCX for themselves: its home, its place, or R14.
    private Operand EmitSource(ref GuestInstruction op)
    {
        if (op.RmIsHigh)
        {
            return Operand.Of(LoadOperand(op.Rm, true, Host.R14));
        }

        if (!op.HasMemory)
        {
            return Host.Home(op.Rm) is var home and >= 0 ? Operand.Of(home) : Operand.At(Host.Rbp, Host.Place(op.Rm));
        }

        GiveUpFlagsToSearch();
        return EmitFindBeside(ref op, op.MemorySize, false);
    }

    private void EmitMultiplyWide(ref GuestInstruction op)
    {
        Operand source = EmitSource(ref op);
        _code.Move(Host.Rax, Host.GuestRax);
        Encode(ref op, op.Reg, 0, source);
        _code.Move(Host.GuestRax, Host.Rax);
        EmitResultFlags(0, op.Form.Bits, overflowIsCarry: true);
    }

    // The interpreter takes what would fault: a divisor of zero, a quotient that does not fit. IDIV is done here where the dividend is a value of one
    // register, sign-extended.
    private void EmitDivide(ref GuestInstruction op)
    {
        int bits = op.Form.Bits;
        GiveUpFlags();
        Operand source = EmitSource(ref op);
        if (bits < 32)
        {
            EmitNarrowDivide(ref op, source);
            return;
        }

        Encoded(0x8B, Host.R14, source, bits);
        if (op.Kind == EmitKind.Divide)
        {
            Encoded(0x3B, Host.Rdx, Operand.Of(Host.R14), bits); // cmp rdx, r14
            AddInterpret(3); // jae
            Encoded(0x8B, Host.Rax, Operand.Of(Host.GuestRax), bits);
        }
        else
        {
            Encoded(0x8B, Host.Rax, Operand.Of(Host.GuestRax), bits);
            Encoded(0x8B, Host.Rcx, Operand.Of(Host.GuestRax), bits);
            Encoded(0xC1, 7, Operand.Of(Host.Rcx), bits); // sar rcx, width - 1
            _code.Byte(bits - 1);
            Encoded(0x3B, Host.Rcx, Operand.Of(Host.Rdx), bits);
            AddInterpret(5);
            Encoded(0x8D, Host.Rcx, Operand.At(Host.R14, 1), bits); // lea rcx, [r14 + 1]
            Encoded(0x83, 7, Operand.Of(Host.Rcx), bits); // cmp rcx, 1: a divisor of -1 or 0
            _code.Byte(1);
            AddInterpret(6);
        }

        Encoded(0xF7, op.Kind == EmitKind.Divide ? 6 : 7, Operand.Of(Host.R14), bits);
        Encoded(0x8B, Host.GuestRax, Operand.Of(Host.Rax), bits);
    }

    // The same of 8 and 16 bits: the dividend is AX, or DX and AX. What stands above them stays.
    private void EmitNarrowDivide(ref GuestInstruction op, Operand source)
    {
        bool bytes = op.Form.Bits == 8;
        bool signed = op.Kind == EmitKind.SignedDivide;
        _code.Rex(true, Host.R14, Math.Max(source.Index, 0), source.Register);
        _code.Bytes((signed, bytes) switch { (false, true) => 0xB6_0FU, (false, false) => 0xB7_0FU, (true, true) => 0xBE_0FU, _ => 0xBF_0FU }, 2); // movzx, movsx r14
        EmitModRm(Host.R14, source);
        _code.Move(Host.Rax, Host.GuestRax);
        _code.Reg32(0x8B, Host.Rcx, bytes ? Host.Rax : Host.Rdx);
        if (!signed)
        {
            // The upper half of the dividend below the divisor.
            if (bytes)
            {
                _code.Reg32(0xC1, 5, Host.Rcx); // shr ecx, 8
                _code.Byte(8);
            }

            _code.Rex(false, 0, 0, 0);
            _code.Bytes(bytes ? 0xC9_B6_0FU : 0xC9_B7_0FU, 3); // movzx ecx, cl or cx
            _code.Reg32(0x3B, Host.Rcx, Host.R14);
            AddInterpret(3);
        }
        else
        {
            // The dividend is the lower half, sign-extended.
            if (bytes)
            {
                _code.Bytes(0xC8_BE_0F, 3); // movsx ecx, al
                _code.Bytes(0xC1_3B_66, 3); // cmp ax, cx
            }
            else
            {
                _code.Bytes(0xC8_BF_0F, 3); // movsx ecx, ax
                _code.Reg32(0xC1, 7, Host.Rcx); // sar ecx, 16
                _code.Byte(16);
                _code.Bytes(0xCA_3B_66, 3); // cmp cx, dx
            }

            AddInterpret(5);
            Encoded(0x8D, Host.Rcx, Operand.At(Host.R14, 1), 32);
            Encoded(0x83, 7, Operand.Of(Host.Rcx), 32); // cmp ecx, 1: a divisor of -1 or 0
            _code.Byte(1);
            AddInterpret(6);
        }

        if (!bytes)
        {
            _code.Byte(0x66);
        }

        _code.Rex(false, 0, 0, Host.R14);
        _code.Byte(bytes ? 0xF6 : 0xF7);
        _code.Byte(0xC0 | ((signed ? 7 : 6) << 3) | (Host.R14 & 7));
        _code.Move(Host.GuestRax, Host.Rax);
    }

    private void AddInterpret(int condition) =>
        AddCold(new ColdStub(ColdKind.Interpret, _code.JumpIf(condition, 0), 0, _at, Repeat: Repeat));

    // A one-byte opcode on 32 or 64 bits.
    private void Encoded(int opcode, int reg, Operand rm, int bits)
    {
        _code.Rex(bits == 64, reg, Math.Max(rm.Index, 0), rm.Register);
        _code.Byte(opcode);
        EmitModRm(reg, rm);
    }

    // bsf rax, rcx; test rcx, rcx; cmovnz to, rax: a source of zero leaves the destination as it is, and the flags are those of the source.
    private void EmitBitScan(ref GuestInstruction op)
    {
        int bits = op.Form.Bits;
        Operand source = EmitSource(ref op);
        LoadNarrow(Host.Rcx, source, bits);
        _code.Rex(bits == 64, Host.Rax, 0, Host.Rcx);
        _code.Byte(0x0F);
        _code.Byte(op.Opcode);
        _code.Byte(0xC1);
        int to = LoadOperand(op.Reg, false, Host.R14);
        EmitTest(Host.Rcx, bits);
        if (bits == 16)
        {
            _code.Byte(0x66);
        }

        _code.Rex(bits != 16, to, 0, Host.Rax);
        _code.Bytes(0x45_0F, 2);
        _code.Byte(0xC0 | ((to & 7) << 3) | Host.Rax);
        StoreOperand(op.Reg, false, to);
        (_flags, _producer) = (FlagPlace.Processor, -1);
    }

    // The bit number, signed, first selects the operand in a string of them.
    private void EmitBitString(ref GuestInstruction op)
    {
        int bits = op.Form.Bits;
        GiveUpFlagsToMemory();
        EmitAddress(ref op);
        int number = LoadOperand(op.Reg, false, Host.R14);
        if (bits == 16)
        {
            _code.Rex(true, Host.Rcx, 0, number);
            _code.Bytes(0xBF_0F, 2); // movsx rcx, word
            _code.Byte(0xC8 | (number & 7));
        }
        else
        {
            _code.Reg64(bits == 64 ? 0x8B : 0x63, Host.Rcx, number);
        }

        _code.Reg64(0xC1, 7, Host.Rcx);
        _code.Byte(3);
        _code.Immediate64(4, Host.Rcx, -bits / 8);
        _code.Reg64(0x03, Host.Rax, Host.Rcx);
        EmitLookup(bits / 8, op.Form.WritesRm);
        EmitPointer();
        _code.Move(Host.Rcx, LoadOperand(op.Reg, false, Host.Rcx));
        _code.Immediate64(4, Host.Rcx, bits - 1);
        RestoreFlags();
        EncodeLegacy(ref op, Host.Rcx, Host.R14, 0);
        _code.ModRm(Host.Rcx, Host.R14, 0);
        (_flags, _producer) = (FlagPlace.Processor, -1);
    }

    private void EmitCompareExchange(ref GuestInstruction op)
    {
        GiveUpFlagsToSearch();
        Operand memory = EmitFindBeside(ref op, op.MemorySize, true);
        int reg = LoadOperand(op.Reg, false, Host.Rcx);
        _code.Move(Host.Rax, Host.GuestRax);
        Encode(ref op, reg, 0, memory);
        _code.Move(Host.GuestRax, Host.Rax);
        (_flags, _producer) = (FlagPlace.Processor, -1);
    }

    private void EmitCompareExchangeWide(ref GuestInstruction op)
    {
        GiveUpFlagsToMemory();
        EmitAddress(ref op);
        EmitLookup(op.MemorySize, true, op.MemorySize == 16);
        EmitPointer();
        RestoreFlags();
        _code.Move(Host.Rax, Host.GuestRax);
        _code.Move(Host.Rcx, Host.GuestRcx);
        Encode(ref op, 1, 0, Operand.At(Host.R14));
        _code.Move(Host.GuestRax, Host.Rax);
        (_flags, _producer) = (FlagPlace.Processor, -1);
    }
}
