using Guest.Machine.X86.Translate.Decode;
using Iced.Intel;

namespace Guest.Machine.X86.Translate.Emit;

/// <content>RCL and RCR by more than one, SHLD and SHRD of 16 bits: flags and counts that processors leave open are as docs/defined-results.md says.</content>
internal sealed partial class BlockEmitter
{
    // A turn by a multiple of the operand's width and CF changes nothing: those of 8 and 16 bits, one bit for each count.
    private const ulong WholeTurnsOf8 = 1 | (1 << 9) | (1 << 18) | (1 << 27);
    private const ulong WholeTurnsOf16 = 1 | (1 << 17);

    private static bool TurnsWhole(in GuestInstruction op) =>
        op.ImmediateLength != 0 && ((int)op.ImmediateBytes & (op.Form.Bits == 64 ? 63 : 31)) % (op.Form.Bits + 1) == 0;

    private void EmitRotateThrough(ref GuestInstruction op)
    {
        bool byCl = op.ImmediateLength == 0;
        GiveUpFlagsToMemory();
        Operand rm = op.HasMemory ? EmitFindBeside(ref op, op.MemorySize, true) : Operand.Of(LoadOperand(op.Rm, op.RmIsHigh, Host.R14));
        nint whole = byCl ? EmitCountOfTurn(op.Form.Bits, rm) : 0;
        RestoreFlags();
        Encode(ref op, op.Reg, 0, rm);
        _code.Byte(0x9F); // lahf: CF in AH
        EmitTurnOverflow(ref op, rm);
        StoreFlagsWord(_code);
        if (byCl)
        {
            _code.Patch(whole, _code.Here);
        }

        if (!op.HasMemory)
        {
            StoreOperand(op.Rm, op.RmIsHigh, rm.Register);
        }

        NoteFlagsInMemory();
    }

    // CL is the masked count; returns the jump of those that change no flag. A 32-bit register loses its upper half all the same.
    private nint EmitCountOfTurn(int bits, Operand rm)
    {
        _code.Reg32(0x8B, Host.Rcx, Host.GuestRcx);
        _code.Reg32(0x83, 4, Host.Rcx); // and ecx, mask
        _code.Byte(bits == 64 ? 63 : 31);
        if (bits == 32 && !rm.IsMemory)
        {
            _code.Reg32(0x8B, rm.Register, rm.Register);
        }

        if (bits >= 32)
        {
            return _code.JumpIf(4, 0);
        }

        _code.Move(Host.Rax, bits == 8 ? WholeTurnsOf8 : WholeTurnsOf16);
        _code.Bytes(0xC8_A3_0F, 3); // bt eax, ecx
        return _code.JumpIf(2, 0);
    }

    // AL becomes OF: CF xor the result's top bit (RCL), or the exclusive or of its two top bits (RCR).
    private void EmitTurnOverflow(ref GuestInstruction op, Operand rm)
    {
        if (rm.IsMemory)
        {
            LoadNarrow(Host.Rcx, rm, op.Form.Bits);
            rm = Operand.Of(Host.Rcx);
        }

        if (op.Decoded.Mnemonic == Mnemonic.Rcr)
        {
            EmitTopBits(ref op, rm);
            return;
        }

        EmitBit(ref op, rm, 1, Host.Rax);
        _code.Bytes(0xE1_88, 2); // mov cl, ah
        _code.Bytes(0x01_E1_80, 3); // and cl, 1
        _code.Reg8(0x32, Host.Rax, Host.Rcx);
    }

    // A register becomes an operand of 8 to 64 bits, its upper bits zero.
    private void LoadNarrow(int to, Operand from, int bits)
    {
        _code.Rex(bits == 64, to, Math.Max(from.Index, 0), from.Register);
        _code.Bytes(bits switch { 8 => 0xB6_0FU, 16 => 0xB7_0FU, _ => 0x8BU }, bits >= 32 ? 1 : 2);
        EmitModRm(to, from);
    }

    // Operand, register and operand again are shifted as one value of 48 bits, at the top of RAX (SHLD) or at its bottom: what the host's shift moves out last is CF.
    private void EmitDoubleShiftNarrow(ref GuestInstruction op)
    {
        bool left = op.Decoded.Mnemonic == Mnemonic.Shld;
        bool byCl = op.ImmediateLength == 0;
        GiveUpFlagsToMemory();
        Operand rm = op.HasMemory ? EmitFindBeside(ref op, op.MemorySize, true) : Operand.Of(LoadOperand(op.Rm, false, Host.R14));
        LoadNarrow(Host.Rcx, Operand.Of(LoadOperand(op.Reg, false, Host.Rax)), 16);
        LoadNarrow(Host.Rax, rm, 16);
        _code.Reg64(0xC1, 4, Host.Rcx); // shl rcx, 16
        _code.Byte(16);
        _code.Reg64(0x0B, Host.Rcx, Host.Rax);
        _code.Reg64(0xC1, 4, Host.Rax); // shl rax, 32
        _code.Byte(32);
        _code.Reg64(0x0B, Host.Rax, Host.Rcx);
        if (left)
        {
            _code.Reg64(0xC1, 4, Host.Rax);
            _code.Byte(16);
        }

        nint none = 0;
        if (byCl)
        {
            _code.Reg32(0x8B, Host.Rcx, Host.GuestRcx);
            _code.Reg32(0x83, 4, Host.Rcx); // and ecx, 31
            _code.Byte(31);
            none = _code.JumpIf(4, 0);
            _code.Reg64(0xD3, left ? 4 : 5, Host.Rax);
        }
        else
        {
            _code.Reg64(0xC1, left ? 4 : 5, Host.Rax);
            _code.Byte((int)op.ImmediateBytes & 31);
        }

        _code.Bytes(0xC1_92_0F, 3); // setc cl
        if (left)
        {
            Turn(Host.Rax, Host.Rax, 48);
        }

        _code.Byte(0x66);
        _code.Rex(false, Host.Rax, Math.Max(rm.Index, 0), rm.Register);
        _code.Byte(0x89);
        EmitModRm(Host.Rax, rm);
        EmitNarrowResultFlags(left);
        if (byCl)
        {
            _code.Patch(none, _code.Here);
        }

        if (!op.HasMemory)
        {
            StoreOperand(op.Rm, false, rm.Register);
        }

        NoteFlagsInMemory();
    }

    // The flags of the result in AX with CF in CL, AF 0; OF as for the shifts of other widths.
    private void EmitNarrowResultFlags(bool left)
    {
        _code.Bytes(0x0F_E0_BA_0F, 4); // bt eax, 15
        _code.Bytes(0xC5_92_0F, 3); // setc ch
        if (left)
        {
            _code.Bytes(0xCD_30, 2); // xor ch, cl
        }
        else
        {
            _code.Bytes(0x0E_E0_BA_0F, 4); // bt eax, 14
            _code.Bytes(0x00_D5_80, 3); // adc ch, 0
        }

        _code.Bytes(0x00_F8_83_66, 4); // cmp ax, 0
        _code.Byte(0x9F); // lahf
        _code.Bytes(0xCC_08, 2); // or ah, cl
        _code.Bytes(0xE8_88, 2); // mov al, ch
        _code.Bytes(0x01_24, 2); // and al, 1
        StoreFlagsWord(_code);
    }
}
