using Guest.Machine.X86.Translate.Decode;
using Iced.Intel;

namespace Guest.Machine.X86.Translate.Emit;

/// <content>Shifts and rotates. What processors leave open of their flags is set as docs/defined-results.md says, where anything can see it.</content>
internal sealed partial class BlockEmitter
{
    private static bool IsRotate(in GuestInstruction op) => op.Decoded.Mnemonic is Mnemonic.Rol or Mnemonic.Ror;

    // Those whose OF is made from the result's bits.
    private static bool IsTurn(in GuestInstruction op) => op.Decoded.Mnemonic is Mnemonic.Rol or Mnemonic.Ror or Mnemonic.Shrd;

    private static bool IsDouble(in GuestInstruction op) => op.Decoded.Mnemonic is Mnemonic.Shld or Mnemonic.Shrd;

    private static int ShiftCount(in GuestInstruction op) =>
        op.ImmediateLength == 0 ? 1 : (int)op.ImmediateBytes & (op.Form.Bits == 64 ? 63 : 31);

    private void EmitShiftImmediate(ref GuestInstruction op)
    {
        bool seen = AreSeen(_at);
        if (seen && IsRotate(op) && !op.HasMemory && op.Form.Bits >= 32)
        {
            EmitRotate(ref op);
            return;
        }

        if (seen && !IsTurn(op) && !IsDouble(op) && !op.HasMemory && IsSoonFaulting())
        {
            int register = LoadOperand(op.Rm, false, Host.R14);
            _code.Mem64(0x89, register, Host.Rbp, StatePlaces.FlagOperand);
            Encode(ref op, op.Reg, 0, Operand.Of(register));
            StoreOperand(op.Rm, false, register);
            (_flags, _producer) = (FlagPlace.Repeatable, _at);
            return;
        }

        Operand rm = EmitShiftOperand(ref op, seen && IsRotate(op), out int reg);
        Encode(ref op, reg, 0, rm);
        if (!seen)
        {
            NoteFlagsDead();
        }
        else if (IsRotate(op) && ShiftCount(op) == 1)
        {
            (_flags, _producer) = (FlagPlace.Processor, -1);
        }
        else
        {
            EmitShiftFlags(ref op, rm);
            NoteFlagsInMemory();
        }

        StoreShifted(ref op, rm);
    }

    // Whether nothing but a fault can see the flags of the instruction at hand before they are all written again.
    private bool IsSoonFaulting()
    {
        for (int i = _at + 1; i < _count; i++)
        {
            ref GuestInstruction op = ref _ops[i];
            if (op.Form.Flags == FlagUse.Writes && op.Kind is EmitKind.Plain or EmitKind.Accumulator)
            {
                return true;
            }

            if (op.Form.Flags != FlagUse.None || EndsBlock(op.Kind))
            {
                return false;
            }
        }

        return false;
    }

    // What was shifted is shifted once more, in RAX, and the flags go to memory.
    private void EmitShiftAgain(ref GuestInstruction op)
    {
        _code.Mem64(0x8B, Host.Rax, Host.Rbp, StatePlaces.FlagOperand);
        Encode(ref op, op.Reg, 0, Operand.Of(Host.Rax));
        EmitShiftFlags(ref op, Operand.Of(Host.Rax));
    }

    // Stores the flags of a shift just made. Where OF is had from the operand, that is not RAX.
    private void EmitShiftFlags(ref GuestInstruction op, Operand rm)
    {
        _code.Byte(0x9F); // lahf
        EmitOverflow(ref op, rm, ShiftCount(op) == 1);
        EmitNoAdjust(ref op);
        StoreFlagsWord(_code);
    }

    // By RORX, which changes no flag: CF and OF can be had from the result, and the flags that a rotation keeps are in memory.
    private void EmitRotate(ref GuestInstruction op)
    {
        if (_flags != FlagPlace.Repeatable || !IsRotate(_ops[_producer]))
        {
            SaveFlags();
        }

        int register = LoadOperand(op.Rm, false, Host.R14);
        int count = ShiftCount(op);
        Turn(register, register, op.Decoded.Mnemonic == Mnemonic.Ror ? count : op.Form.Bits - count, op.Form.Bits == 64);
        StoreOperand(op.Rm, false, register);
        (_flags, _producer) = (FlagPlace.Repeatable, _at);
    }

    // CF is the bit that came round, OF the exclusive or of CF and the top bit (ROL) or of the two top bits (ROR).
    private void EmitRotated(ref GuestInstruction op)
    {
        Operand result = Operand.Of(Fetched(op.Rm, Host.Rax));
        bool left = op.Decoded.Mnemonic == Mnemonic.Rol;
        EmitBit(ref op, result, left ? op.Form.Bits : 1, Host.Rcx);
        EmitBit(ref op, result, left ? 1 : 2, Host.Rax);
        _code.Reg8(0x32, Host.Rax, Host.Rcx);
        _code.Mem32(0x88, Host.Rax, Host.Rbp, StatePlaces.FlagsWord); // mov [flags], al
        _code.Mem32(0x80, 4, Host.Rbp, StatePlaces.FlagsWord + 1); // and byte [flags + 1], not CF
        _code.Byte(0xFE);
        _code.Mem32(0x08, Host.Rcx, Host.Rbp, StatePlaces.FlagsWord + 1); // or [flags + 1], cl
    }

    private void EmitShiftByCl(ref GuestInstruction op)
    {
        bool seen = AreSeen(_at);
        Operand rm = EmitShiftOperand(ref op, seen, out int reg);
        _code.Reg32(0x8B, Host.Rcx, Host.GuestRcx);
        Encode(ref op, reg, 0, rm);
        if (seen)
        {
            EmitFlagsByCl(ref op, rm);
            NoteFlagsInMemory();
        }
        else
        {
            NoteFlagsDead();
        }

        StoreShifted(ref op, rm);
    }

    // The operand: R14 where it is in memory or kept there. A double shift's second one: its home or RAX.
    private Operand EmitShiftOperand(ref GuestInstruction op, bool needsFlags, out int reg)
    {
        Operand rm;
        if (op.HasMemory)
        {
            if (!_groups.IsFound(_at))
            {
                GiveUpFlagsToMemory();
            }

            rm = EmitFindBeside(ref op, op.MemorySize, true);
        }
        else
        {
            rm = Operand.Of(LoadOperand(op.Rm, false, Host.R14));
        }

        if (needsFlags)
        {
            NeedFlags();
        }

        reg = IsDouble(op) ? LoadOperand(op.Reg, false, Host.Rax) : op.Reg;
        return rm;
    }

    private void StoreShifted(ref GuestInstruction op, Operand rm)
    {
        if (!op.HasMemory)
        {
            StoreOperand(op.Rm, false, rm.Register);
        }
    }

    // AL becomes OF; AH holds the other flags already, and the host's are those of the shift.
    private void EmitOverflow(ref GuestInstruction op, Operand rm, bool once)
    {
        switch (op.Decoded.Mnemonic)
        {
            case Mnemonic.Sar:
            case var _ when once:
                _code.Bytes(0xC0_90_0F, 3); // seto al
                break;
            case Mnemonic.Shl or Mnemonic.Sal or Mnemonic.Shld:
                _code.Bytes(0xC0_92_0F, 3); // setc al
                _code.Bytes(0xC1_98_0F, 3); // sets cl
                _code.Reg8(0x32, Host.Rax, Host.Rcx);
                break;
            case Mnemonic.Shr:
                _code.Bytes(0x00_B0, 2); // mov al, 0
                break;
            case Mnemonic.Rol:
                _code.Bytes(0xC0_92_0F, 3);
                EmitBit(ref op, rm, 1, Host.Rcx);
                _code.Reg8(0x32, Host.Rax, Host.Rcx);
                break;
            default:
                EmitTopBits(ref op, rm);
                break;
        }
    }

    // AL becomes the exclusive or of the result's two top bits.
    private void EmitTopBits(ref GuestInstruction op, Operand rm)
    {
        EmitBit(ref op, rm, 1, Host.Rax);
        EmitBit(ref op, rm, 2, Host.Rcx);
        _code.Reg8(0x32, Host.Rax, Host.Rcx);
    }

    private void EmitBit(ref GuestInstruction op, Operand rm, int below, int to) => EmitBitOf(rm.Register, op.Form.Bits - below, to);

    // bt register, bit; setc to.
    private void EmitBitOf(int register, int bit, int to)
    {
        _code.Rex(true, 0, 0, register);
        _code.Bytes(0xBA_0F, 2);
        _code.Byte(0xE0 | (register & 7));
        _code.Byte(bit);
        _code.Bytes(0x92_0F, 2);
        _code.Byte(0xC0 | to);
    }

    // AF is 0 after shifts; rotates keep it. AH is cut: and ah, not 10h.
    private void EmitNoAdjust(ref GuestInstruction op)
    {
        if (!IsRotate(op))
        {
            _code.Bytes(0xEF_E4_80, 3);
        }
    }

    // A count of 0 changes no flag, 1 leaves OF as the processor defines it.
    private void EmitFlagsByCl(ref GuestInstruction op, Operand rm)
    {
        StoreFlags(_code);
        _code.Bytes(0xC1_F6, 2); // test cl, mask
        _code.Byte(op.Form.Bits == 64 ? 63 : 31);
        nint none = _code.JumpShort(4);
        EmitNoAdjust(ref op);
        switch (op.Decoded.Mnemonic)
        {
            case Mnemonic.Sar:
                break;
            case Mnemonic.Shl or Mnemonic.Sal or Mnemonic.Shld:
                _code.Bytes(0xE0_88, 2); // mov al, ah: bit 0 is CF, bit 7 SF
                _code.Bytes(0xC0_D0, 2); // rol al, 1
                _code.Bytes(0xE0_30, 2); // xor al, ah: SF xor CF
                _code.Bytes(0x01_24, 2); // and al, 1
                break;
            case Mnemonic.Shr:
                _code.Bytes(0xE1_80, 2); // and cl, mask
                _code.Byte(op.Form.Bits == 64 ? 63 : 31);
                _code.Bytes(0x01_F9_80, 3); // cmp cl, 1
                nint once = _code.JumpShort(4);
                _code.Bytes(0x00_B0, 2);
                _code.PatchShort(once);
                break;
            case Mnemonic.Rol:
                _code.Bytes(0xE0_88, 2);
                EmitBit(ref op, rm, 1, Host.Rcx);
                _code.Reg8(0x32, Host.Rax, Host.Rcx);
                _code.Bytes(0x01_24, 2); // and al, 1
                break;
            default:
                EmitTopBits(ref op, rm);
                break;
        }

        StoreFlagsWord(_code);
        _code.PatchShort(none);
    }
}
