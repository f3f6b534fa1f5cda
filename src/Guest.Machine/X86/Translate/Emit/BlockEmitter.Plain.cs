using Guest.Machine.X86.Translate.Decode;
using Iced.Intel;

namespace Guest.Machine.X86.Translate.Emit;

/// <content>Instructions that are written again as they are, their operands replaced.</content>
internal sealed partial class BlockEmitter
{
    private void EmitPlain(ref GuestInstruction op)
    {
        if (op.HasMemory)
        {
            EmitPlainMemory(ref op);
        }
        else
        {
            if (NeedsFlags(ref op))
            {
                NeedFlags();
            }

            EmitPlainRegisters(ref op);
        }

        NoteFlags(ref op);
    }

    // Lengths are read from RAX and RDX; an index comes in ECX.
    private void EmitStringIndex(ref GuestInstruction op)
    {
        if (FormTable.HasLengths(op.Decoded.Mnemonic))
        {
            Operand rm = Operand.Of(op.Rm);
            if (op.HasMemory)
            {
                GiveUpFlagsToSearch();
                rm = EmitFindBeside(ref op, op.MemorySize, false);
            }

            _code.Move(Host.Rax, Host.GuestRax);
            Encode(ref op, op.Reg, 0, rm);
            NoteFlags(ref op);
        }
        else
        {
            EmitPlain(ref op);
        }

        if (op.Opcode is 0x61 or 0x63)
        {
            _code.Reg32(0x8B, Host.GuestRcx, Host.Rcx);
        }
    }

    // A value with reserved bits, or one that unmasks an exception, is the interpreter's: this code counts on none.
    private void EmitLoadMxcsr(ref GuestInstruction op)
    {
        GiveUpFlagsToMemory();
        EmitAddress(ref op);
        EmitLookup(sizeof(uint), false);
        _code.Byte(0x8B); // mov ecx, [rcx + rax]
        _code.Sib(Host.Rcx, Host.Rcx, Host.Rax, 0, 0);
        _code.Mem32(0x89, Host.Rcx, Host.Rbp, StatePlaces.FlagOperand);
        _code.Reg32(0x81, 6, Host.Rcx); // xor ecx, the masks: bits that must be 0
        _code.Int32(0x1F80);
        _code.Reg32(0xF7, 0, Host.Rcx); // test ecx, masks and reserved bits
        _code.Int32(unchecked((int)0xFFFF_1F80));
        AddInterpret(5);
        _code.Bytes(0xAE_0F, 2); // ldmxcsr [operand]
        _code.ModRm(2, Host.Rbp, StatePlaces.FlagOperand);
    }

    private void EmitPlainRegisters(ref GuestInstruction op)
    {
        switch (op.Kind)
        {
            case EmitKind.Accumulator:
                EmitAccumulator(ref op);
                return;
            case EmitKind.ExchangeAccumulator:
                EmitExchangeAccumulator(ref op);
                return;
            case EmitKind.Plain when op.Decoded.OpCount == 0:
                _code.Byte(op.Opcode); // clc, stc, cmc
                return;
            default:
                break;
        }

        CodeForm form = op.Form;
        int reg = form.Reg == OperandRole.General ? LoadRead(op.Reg, op.RegIsHigh, Host.Rcx, form.ReplacesReg) : op.Reg;
        int vvvv = form.Vvvv == OperandRole.General ? LoadOperand(op.Vvvv, false, Host.R14) : op.Vvvv;
        Operand rm = form.Rm == OperandRole.General ? RegisterOperand(ref op) : Operand.Of(op.Rm);
        Encode(ref op, reg, vvvv, rm);
        StoreWritten(ref op, reg, vvvv);

        if (form.Rm == OperandRole.General && form.WritesRm && !rm.IsMemory)
        {
            StoreOperand(op.Rm, op.RmIsHigh, rm.Register);
        }
    }

    // The register field's register is stored last: it is what remains where it is the VEX prefix's too.
    private void StoreWritten(ref GuestInstruction op, int reg, int vvvv)
    {
        if (op.Form.Vvvv == OperandRole.General && op.Form.WritesVvvv)
        {
            StoreOperand(op.Vvvv, false, vvvv);
        }

        if (op.Form.Reg == OperandRole.General && op.Form.WritesReg)
        {
            StoreOperand(op.Reg, op.RegIsHigh, reg);
        }
    }

    // An operand is used where it stands in memory, unless it is written and not all of it; not by bit tests, whose bit number would lead
    // beyond it, nor by exchanges, which would lock it.
    private Operand RegisterOperand(ref GuestInstruction op) => !op.RmIsHigh && !IsAtHand(op.Rm) && (!op.Form.WritesRm || (op.Form.Bits == 64 && op.Kind == EmitKind.Plain))
            && op.Decoded.Mnemonic is not (Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr or Mnemonic.Btc or Mnemonic.Xchg or Mnemonic.Xadd)
        ? Operand.At(Host.Rbp, Host.Place(op.Rm))
        : Operand.Of(LoadRead(op.Rm, op.RmIsHigh, Host.Rax, op.Form.ReplacesRm));

    // As LoadOperand; what is replaced whole is not loaded.
    private int LoadRead(int guest, bool high, int scratch, bool replaced) => replaced && Home(guest) < 0 ? Target(guest, scratch) : LoadOperand(guest, high, scratch);

    private void EmitPlainMemory(ref GuestInstruction op)
    {
        CodeForm form = op.Form;
        bool needsFlags = NeedsFlags(ref op);
        bool needsRegisters = form.Vvvv == OperandRole.General && Host.Home(op.Vvvv) < 0;
        bool isFound = _groups.IsFound(_at);
        if (needsFlags && isFound)
        {
            NeedFlags();
        }
        else if (needsFlags)
        {
            GiveUpFlagsToMemory();
        }
        else
        {
            GiveUpFlagsToSearch();
        }

        bool keepsOperand = KeepsOperand(ref op);
        Operand memory = EmitFind(ref op, op.MemorySize, form.WritesRm, form.IsAligned);
        if (keepsOperand)
        {
            EmitKeepingOperand(ref op, memory);
            return;
        }

        int scratch = memory.Index < 0 && !needsRegisters ? Host.Rax : Host.R14;
        if ((needsFlags || needsRegisters) && !isFound)
        {
            memory = Beside(memory);
            scratch = Host.Rcx;
            if (needsFlags)
            {
                RestoreFlags();
                _flags = FlagPlace.Both;
            }
        }

        int reg = form.Reg == OperandRole.General ? LoadRead(op.Reg, op.RegIsHigh, scratch, form.ReplacesReg) : op.Reg;
        int vvvv = form.Vvvv == OperandRole.General ? LoadOperand(op.Vvvv, false, Host.Rax) : op.Vvvv;
        Encode(ref op, reg, vvvv, memory);
        StoreWritten(ref op, reg, vvvv);
        if (op.Kind == EmitKind.Vector && form.WritesRm && form.Reg == OperandRole.Vector && !isFound)
        {
            _coldStubs[^1] = _coldStubs[^1] with { After = _code.Here };
        }
    }

    // What is compared or added is read first, and put where the slow path has the flags from again.
    private void EmitKeepingOperand(ref GuestInstruction op, Operand memory)
    {
        int bits = op.Form.Bits;
        _code.Rex(bits == 64, Host.Rax, Math.Max(memory.Index, 0), memory.Register);
        _code.Bytes(bits switch { 8 => 0xB6_0FU, 16 => 0xB7_0FU, _ => 0x8BU }, bits >= 32 ? 1 : 2); // movzx or mov to RAX
        EmitModRm(Host.Rax, memory);
        _code.Mem64(0x89, Host.Rax, Host.Rbp, StatePlaces.FlagOperand);
        bool isGeneral = op.Form.Reg == OperandRole.General;
        if (isGeneral && Home(op.Reg) < 0)
        {
            SettleSlot();
            _slotInRcx = -1;
        }

        int reg = isGeneral ? LoadOperand(op.Reg, false, Host.Rcx) : op.Reg;
        Encode(ref op, reg, 0, Operand.Of(Host.Rax));
        StoreWritten(ref op, reg, 0);
        _operandOf = _at;
    }

    // A0 to A3 as 8A, 8B, 88 and 89.
    private void EmitMoveOffset(ref GuestInstruction op)
    {
        bool store = op.Opcode >= 0xA2;
        GiveUpFlags();
        EmitAddress(ref op);
        EmitLookup(op.MemorySize, store);
        if (op.Form.Prefix != 0)
        {
            _code.Byte(op.Form.Prefix);
        }

        _code.Rex(op.Wide, Host.GuestRax, Host.Rax, Host.Rcx);
        _code.Byte((store ? 0x88 : 0x8A) | (op.Opcode & 1));
        _code.Sib(Host.GuestRax, Host.Rcx, Host.Rax, 0, 0);
    }

    // The accumulator's short encodings as those of any register: 81 (80 for bytes) with the operation in ModRM, F7 (F6) for TEST.
    private void EmitAccumulator(ref GuestInstruction op)
    {
        bool bytes = (op.Opcode & 1) == 0;
        bool test = op.Opcode is 0xA8 or 0xA9;
        if (op.Form.Prefix != 0)
        {
            _code.Byte(op.Form.Prefix);
        }

        _code.Rex(op.Wide, 0, 0, Host.GuestRax);
        _code.Byte((test ? 0xF6 : 0x80) | (bytes ? 0 : 1));
        _code.Byte(0xC0 | (test ? 0 : op.Opcode & 0x38) | (Host.GuestRax & 7));
        EmitImmediate(ref op);
    }

    private void EmitExchangeAccumulator(ref GuestInstruction op)
    {
        int other = LoadOperand(op.Rm, false, Host.Rcx);
        if (op.Form.Prefix != 0)
        {
            _code.Byte(op.Form.Prefix);
        }

        _code.Rex(op.Wide, other, 0, Host.GuestRax);
        _code.Byte(0x87);
        _code.Byte(0xC0 | ((other & 7) << 3) | (Host.GuestRax & 7));
        StoreOperand(op.Rm, false, other);
    }

    private void EmitLea(ref GuestInstruction op)
    {
        int target = op.Form.Bits == 16 ? Host.Rax : Target(op.Reg, Host.Rax);
        EmitEffectiveAddress(ref op, target);
        if (op.Form.Bits == 32 && !op.Cut)
        {
            _code.Reg32(0x8B, target, target);
        }
        else if (op.Form.Bits == 16)
        {
            int whole = LoadOperand(op.Reg, false, Host.Rcx);
            _code.Byte(0x66);
            _code.Reg32(0x8B, whole, Host.Rax);
            target = whole;
        }

        StoreOperand(op.Reg, false, target);
    }

    private void EmitMoveImmediate(ref GuestInstruction op)
    {
        int bits = op.Form.Bits;
        if (bits >= 32)
        {
            int to = Target(op.Rm, Host.Rcx);
            _code.Move(to, op.ImmediateBytes);
            StoreOperand(op.Rm, false, to);
            return;
        }

        int register = LoadOperand(op.Rm, op.OpcodeIsHigh, Host.Rcx);
        if (bits == 16)
        {
            _code.Byte(0x66);
        }

        _code.Rex(false, 0, 0, register);
        _code.Byte((bits == 8 ? 0xB0 : 0xB8) | (register & 7));
        EmitImmediate(ref op);
        StoreOperand(op.Rm, op.OpcodeIsHigh, register);
    }

    private void EmitByteSwap(ref GuestInstruction op)
    {
        int register = LoadOperand(op.Rm, false, Host.Rcx);
        if (op.Form.Bits == 16)
        {
            // Ours is 0 (docs/defined-results.md).
            _code.Byte(0x66);
            _code.Rex(false, 0, 0, register);
            _code.Byte(0xB8 | (register & 7));
            _code.Bytes(0, 2);
        }
        else
        {
            _code.Rex(op.Wide, 0, 0, register);
            _code.Byte(0x0F);
            _code.Byte(0xC8 | (register & 7));
        }

        StoreOperand(op.Rm, false, register);
    }

    // movsx of the accumulator's lower half.
    private void EmitWiden(ref GuestInstruction op)
    {
        if (op.Decoded.Mnemonic == Mnemonic.Cdqe)
        {
            _code.Reg64(0x63, Host.GuestRax, Host.GuestRax);
            return;
        }

        bool bytes = op.Decoded.Mnemonic == Mnemonic.Cbw;
        if (bytes)
        {
            _code.Byte(0x66);
        }

        _code.Rex(false, Host.GuestRax, 0, Host.GuestRax);
        _code.Byte(0x0F);
        _code.Byte(bytes ? 0xBE : 0xBF);
        _code.Byte(0xC0 | ((Host.GuestRax & 7) << 3) | (Host.GuestRax & 7));
    }

    // cwd, cdq, cqo between the host's own registers.
    private void EmitWidenToDx(ref GuestInstruction op)
    {
        _code.Move(Host.Rax, Host.GuestRax);
        if (op.Decoded.Mnemonic != Mnemonic.Cdq)
        {
            _code.Byte(op.Decoded.Mnemonic == Mnemonic.Cqo ? 0x48 : 0x66);
        }

        _code.Byte(0x99);
    }

    // The host register of an operand: its home; a scratch register for one in memory or for the second byte of a register.
    private int LoadOperand(int guest, bool high, int scratch)
    {
        if (!high)
        {
            return Fetched(guest, scratch);
        }

        Turn(scratch, Host.Home(guest - 4), 8);
        return scratch;
    }

    private void StoreOperand(int guest, bool high, int register)
    {
        int home = Host.Home(high ? guest - 4 : guest);
        if (high)
        {
            Turn(home, home, 8);
            _code.Reg8(0x8A, home, register);
            Turn(home, home, 56);
        }
        else if (home < 0 && guest == _kept && _keeps)
        {
            _code.Move(Host.R14, register);
            (_keptIsLoaded, _keptIsNewer) = (true, true);
        }
        else if (home < 0)
        {
            _code.Mem64(0x89, register, Host.Rbp, Host.Place(guest));
            _keptIsLoaded &= guest != _kept;
        }
    }

    // rorx to, from, count: a rotation that leaves the flags alone.
    private void Turn(int to, int from, int count, bool wide = true)
    {
        _code.Byte(0xC4);
        _code.Byte(((~to & 8) << 4) | 0x40 | ((~from & 8) << 2) | 3);
        _code.Byte(wide ? 0xFB : 0x7B);
        _code.Byte(0xF0);
        _code.Byte(0xC0 | ((to & 7) << 3) | (from & 7));
        _code.Byte(count);
    }

    private void EmitImmediate(ref GuestInstruction op) => _code.Bytes(op.ImmediateBytes, op.ImmediateLength);

    // The instruction with other operands.
    private void Encode(ref GuestInstruction op, int reg, int vvvv, Operand rm)
    {
        int index = rm.Index < 0 ? 0 : rm.Index;
        if (op.Form.IsVex)
        {
            EncodeVex(ref op, reg, vvvv, rm.Register, index);
        }
        else
        {
            EncodeLegacy(ref op, reg, rm.Register, index);
        }

        EmitModRm(reg, rm);
        EmitImmediate(ref op);
    }

    private void EmitModRm(int reg, Operand rm)
    {
        if (!rm.IsMemory)
        {
            _code.Byte(0xC0 | ((reg & 7) << 3) | (rm.Register & 7));
        }
        else if (rm.Index >= 0)
        {
            _code.Sib(reg, rm.Register, rm.Index, 0, rm.Displacement);
        }
        else
        {
            _code.ModRm(reg, rm.Register, rm.Displacement);
        }
    }

    private void EncodeVex(ref GuestInstruction op, int reg, int vvvv, int rm, int index)
    {
        int prefix = op.Form.Prefix switch { 0x66 => 1, 0xF3 => 2, 0xF2 => 3, _ => 0 };
        _code.Byte(0xC4);
        _code.Byte(((~reg & 8) << 4) | ((~index & 8) << 3) | ((~rm & 8) << 2) | op.Map);
        _code.Byte((op.Wide ? 0x80 : 0) | ((~vvvv & 15) << 3) | (op.Long ? 4 : 0) | prefix);
        _code.Byte(op.Opcode);
    }

    private void EncodeLegacy(ref GuestInstruction op, int reg, int rm, int index)
    {
        if (op.Form.IsNarrow)
        {
            _code.Byte(0x66);
        }

        if (op.Form.Prefix != 0)
        {
            _code.Byte(op.Form.Prefix);
        }

        if (op.Wide || ((reg | rm | index) & 8) != 0 || op.Form.ByteReg || op.Form.ByteRm)
        {
            _code.Rex(op.Wide, reg, index, rm);
        }

        EmitOpcode(ref op);
    }

    private void EmitOpcode(ref GuestInstruction op)
    {
        if (op.Map != 0)
        {
            _code.Byte(0x0F);
        }

        if (op.Map >= 2)
        {
            _code.Byte(op.Map == 2 ? 0x38 : 0x3A);
        }

        _code.Byte(op.Opcode);
    }
}
