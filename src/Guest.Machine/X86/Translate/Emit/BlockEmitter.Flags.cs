using Guest.Machine.X86.Translate.Analyse;
using Guest.Machine.X86.Translate.Decode;
using Iced.Intel;

namespace Guest.Machine.X86.Translate.Emit;

/// <content>The status flags: in the host's own as long as nothing else needs them, exact wherever a fault could show them.</content>
internal sealed partial class BlockEmitter
{
    private FlagPlace _flags;

    // The instruction from whose registers the flags can be had again, as long as those are unchanged; -1 for none.
    private int _producer;

    // The last instruction that has put an operand where its flags can be had from again (EmittedState.FlagOperand), or -1.
    private int _operandOf;

    // The instruction that a slow path has the flags from again, or -1.
    private int Repeat => _flags == FlagPlace.Repeatable ? _producer : -1;

    // Keeps the flags where an instruction is about to write a register that repeating their comparison would need.
    private void PrepareFlags(ref GuestInstruction op)
    {
        if (_producer < 0 || (Sources(ref _ops[_producer]) & RegisterUse.Written(ref op)) == 0)
        {
            return;
        }

        // What is read is searched for before anything is written, and all flags are written then.
        if (op.Kind is EmitKind.Plain or EmitKind.Accumulator && op.Form.Flags == FlagUse.Writes)
        {
            return;
        }

        if (_flags == FlagPlace.Repeatable || (_flags == FlagPlace.Processor && !IsQuiet(_at)))
        {
            SaveFlags();
        }

        _producer = -1;
    }

    // The flags stay in memory from here on; the host's may be overwritten.
    private void SaveFlags()
    {
        NeedRepeated();
        if (_flags == FlagPlace.Processor)
        {
            StoreFlags(_code);
            _flags = FlagPlace.Both;
        }
    }

    // The host's flags are about to be overwritten at a place where the guest's can be seen.
    private void GiveUpFlags()
    {
        if (_flags == FlagPlace.Repeatable || (_flags == FlagPlace.Processor && _producer >= 0))
        {
            _flags = FlagPlace.Repeatable;
        }
        else
        {
            SaveFlags();
        }

        _flags = _flags == FlagPlace.Both ? FlagPlace.Memory : _flags;
    }

    // The same where they must be in memory.
    private void GiveUpFlagsToMemory()
    {
        SaveFlags();
        _flags = _flags == FlagPlace.Both ? FlagPlace.Memory : _flags;
    }

    // The flags are in the host's; RAX is overwritten.
    private void NeedFlags()
    {
        NeedRepeated();
        if (_flags == FlagPlace.Memory)
        {
            RestoreFlags();
            _flags = FlagPlace.Both;
        }
    }

    private void NeedRepeated()
    {
        if (_flags == FlagPlace.Repeatable)
        {
            _flags = EmitFlagsAgain(ref _ops[_producer]);
        }
    }

    // What the flags are after an instruction that was emitted as it is.
    private void NoteFlags(ref GuestInstruction op)
    {
        if (op.Form.Flags is FlagUse.None or FlagUse.Reads)
        {
            return;
        }

        if (op.Form.Flags == FlagUse.Keeps && !AreSeen(_at))
        {
            NoteFlagsDead();
            return;
        }

        _flags = FlagPlace.Processor;
        _producer = op.HasMemory && _operandOf != _at ? (IsRepeatable(ref op) && !IsComparison(op) ? _at : -1)
            : IsRepeatable(ref op) || (IsSum(op) && (op.HasMemory || IsSoonWritten(ref op))) ? _at : -1;
    }

    // Whether an instruction that reads memory puts what it reads aside, so that its flags need not be saved before the next search.
    private bool KeepsOperand(ref GuestInstruction op) => op.Kind == EmitKind.Plain && !op.RegIsHigh
        && (IsComparison(op) || IsSum(op)) && IsSoonSearched(ref op);

    // Whether a search comes before the flags of the instruction at hand are written again or must be in memory, or the block may go on at its beginning with them.
    private bool IsSoonSearched(ref GuestInstruction producer)
    {
        int sources = Sources(ref producer);
        bool searched = false;
        for (int i = _at + 1; i < _count; i++)
        {
            ref GuestInstruction op = ref _ops[i];
            bool quiet = IsQuiet(i);
            switch (op.Form.Flags)
            {
                case FlagUse.Writes when op.Kind is EmitKind.Plain or EmitKind.Accumulator:
                    return searched || !quiet;
                case FlagUse.None when (sources & RegisterUse.Written(ref op)) == 0 && !EndsBlock(op.Kind):
                    searched |= !quiet;
                    break;
                case FlagUse.Reads when op.Kind == EmitKind.JumpIf:
                    if (i == _count - 1)
                    {
                        return searched || (_loop.IsPossible && TargetOf(op) == _block.Offset);
                    }

                    break;
                default:
                    return false;
            }
        }

        return searched && IsComparison(producer);
    }

    // Whether an instruction needs the old flags in the processor: those that it only keeps matter where anything can see them.
    private bool NeedsFlags(ref GuestInstruction op) => op.Form.Flags is FlagUse.Reads or FlagUse.Changes || (op.Form.Flags == FlagUse.Keeps && AreSeen(_at));

    // Comparisons of registers; AND, OR and XOR into a register: their flags are those of TEST of the result.
    private static bool IsRepeatable(ref GuestInstruction op) => IsComparison(op)
        ? !op.RegIsHigh && !op.RmIsHigh
        : op.Kind is EmitKind.Plain or EmitKind.Accumulator && op.Decoded.Mnemonic is Mnemonic.And or Mnemonic.Or or Mnemonic.Xor
            && !(op.HasMemory && op.Form.WritesRm) && !op.RegIsHigh && !op.RmIsHigh;

    // ADD and SUB into a register: with what was added taken away again, they can be repeated.
    private static bool IsSum(in GuestInstruction op) => op.Decoded.Mnemonic is Mnemonic.Add or Mnemonic.Sub && !op.RegIsHigh && !op.RmIsHigh
        && (op.HasMemory ? op.Form.WritesReg && !op.Form.WritesRm : op.Form.Reg != OperandRole.General || op.Reg != op.Rm);

    // Whether the flags of the instruction at hand are written again, or used by a jump at the block's end, before they must be in memory: repeating a sum costs
    // more than saving its flags.
    private bool IsSoonWritten(ref GuestInstruction producer)
    {
        int sources = Sources(ref producer);
        for (int i = _at + 1; i < _count; i++)
        {
            ref GuestInstruction op = ref _ops[i];
            switch (op.Form.Flags)
            {
                case FlagUse.Writes when op.Kind is EmitKind.Plain or EmitKind.Accumulator:
                    return true;
                case FlagUse.None when (sources & RegisterUse.Written(ref op)) == 0 && !EndsBlock(op.Kind):
                    break;
                case FlagUse.Reads when op.Kind == EmitKind.JumpIf:
                    if (i == _count - 1)
                    {
                        return true;
                    }

                    break;
                default:
                    return false;
            }
        }

        return false;
    }

    private static bool IsComparison(in GuestInstruction op) => op.Decoded.Mnemonic is Mnemonic.Cmp or Mnemonic.Test;

    // The register that AND, OR, XOR or a rotation leaves its result in.
    private static int Result(in GuestInstruction op) => op.Kind == EmitKind.Accumulator ? 0 : op.Form.WritesReg && !op.Form.WritesRm ? op.Reg : op.Rm;

    // The flags of an instruction from the registers that it left: into the host's, or a rotation's into memory, where the others are. RAX and RCX are overwritten.
    private FlagPlace EmitFlagsAgain(ref GuestInstruction op)
    {
        SettleSlot();
        _slotInRcx = -1;
        if (IsComparison(op) && op.HasMemory)
        {
            int reg = op.Form.Reg == OperandRole.General ? LoadOperand(op.Reg, false, Host.Rcx) : op.Reg;
            Encode(ref op, reg, 0, Operand.At(Host.Rbp, StatePlaces.FlagOperand));
        }
        else if (IsComparison(op))
        {
            EmitPlainRegisters(ref op);
        }
        else if (op.Kind == EmitKind.ShiftImmediate && !IsRotate(op))
        {
            EmitShiftAgain(ref op);
            return FlagPlace.Memory;
        }
        else if (IsRotate(op))
        {
            EmitRotated(ref op);
            return FlagPlace.Memory;
        }
        else if (IsSum(op))
        {
            EmitSumAgain(ref op);
        }
        else
        {
            EmitTest(Fetched(Result(op), Host.Rax), op.Form.Bits);
        }

        return FlagPlace.Processor;
    }

    private void EmitTest(int register, int bits) => EmitOnRegister(0x84, register, register, bits);

    // An instruction of 8 to 64 bits on registers, by the opcode of its 8-bit form: reg is the ModRM byte's register field, rm its operand.
    private void EmitOnRegister(int opcode, int reg, int rm, int bits)
    {
        if (bits == 16)
        {
            _code.Byte(0x66);
        }

        _code.Rex(bits == 64, reg, 0, rm);
        _code.Byte(opcode | (bits == 8 ? 0 : 1));
        _code.Byte(0xC0 | ((reg & 7) << 3) | (rm & 7));
    }

    // A sum in RAX, what was added taken away, and added again.
    private void EmitSumAgain(ref GuestInstruction op)
    {
        const int Add = 0, Sub = 5;
        bool adds = op.Decoded.Mnemonic == Mnemonic.Add;
        int bits = op.Form.Bits;
        int result = Fetched(Result(op), Host.Rax);
        if (result != Host.Rax)
        {
            _code.Move(Host.Rax, result);
        }

        if (op.HasMemory)
        {
            EmitOnOperand(adds ? Sub : Add, bits);
            EmitOnOperand(adds ? Add : Sub, bits);
            return;
        }

        if (op.Form.Reg == OperandRole.General)
        {
            int addend = Fetched(Result(op) == op.Reg ? op.Rm : op.Reg, Host.Rcx);
            EmitOnRegister((adds ? Sub : Add) << 3, addend, Host.Rax, bits);
            EmitOnRegister((adds ? Add : Sub) << 3, addend, Host.Rax, bits);
            return;
        }

        int value = op.ImmediateLength == 1 ? (sbyte)op.ImmediateBytes : (int)op.ImmediateBytes;
        EmitOnConstant(adds ? Sub : Add, value, bits);
        EmitOnConstant(adds ? Add : Sub, value, bits);
    }

    // ADD or SUB of the operand that was put aside to RAX.
    private void EmitOnOperand(int operation, int bits)
    {
        if (bits == 16)
        {
            _code.Byte(0x66);
        }

        _code.Rex(bits == 64, Host.Rax, 0, Host.Rbp);
        _code.Byte((operation << 3) | (bits == 8 ? 2 : 3));
        _code.ModRm(Host.Rax, Host.Rbp, StatePlaces.FlagOperand);
    }

    // The group of opcode 80 and 81 on RAX.
    private void EmitOnConstant(int operation, int value, int bits)
    {
        EmitOnRegister(0x80, operation, Host.Rax, bits);
        _code.Bytes(unchecked((uint)value), bits switch { 8 => 1, 16 => 2, _ => 4 });
    }

    private void NoteFlagsInMemory() => (_flags, _producer) = (FlagPlace.Memory, -1);

    private void NoteFlagsDead() => (_flags, _producer) = (FlagPlace.Dead, -1);

    /// <summary>lahf; seto al; mov [flags], ax: none of them changes the flags.</summary>
    internal static void StoreFlags(CodeWriter code)
    {
        code.Bytes(0xC0_90_0F_9F, 4);
        StoreFlagsWord(code);
    }

    private static void StoreFlagsWord(CodeWriter code)
    {
        code.Byte(0x66);
        code.Mem32(0x89, Host.Rax, Host.Rbp, StatePlaces.FlagsWord);
    }

    // movzx eax, word [flags]; add al, 7Fh (makes OF of AL); sahf.
    private void RestoreFlags()
    {
        _code.Bytes(0xB7_0F, 2);
        _code.ModRm(Host.Rax, Host.Rbp, StatePlaces.FlagsWord);
        _code.Bytes(0x9E_7F_04, 3);
    }

    // Whether anything can see the flags that an instruction leaves before they are all written again.
    private bool AreSeen(int index)
    {
        for (int i = index + 1; i < _count; i++)
        {
            ref GuestInstruction op = ref _ops[i];
            if (!IsQuiet(i) || op.Form.Flags is FlagUse.Reads or FlagUse.Changes)
            {
                return true;
            }

            if (op.Form.Flags == FlagUse.Writes)
            {
                return false;
            }
        }

        return true;
    }

    // The instruction that writes all flags before anything can see the old ones, or -1. The block's budget is checked there.
    private int FirstWriter()
    {
        for (int i = 0; i < _count; i++)
        {
            ref GuestInstruction op = ref _ops[i];
            FlagUse use = op.Form.Flags;
            if (!IsQuiet(i) || UsesUnit(op.Kind))
            {
                return -1;
            }

            if (use != FlagUse.None)
            {
                return use == FlagUse.Writes && op.Kind is EmitKind.Plain or EmitKind.Accumulator && !HasUnits(i) ? i : -1;
            }
        }

        return -1;
    }

    private bool HasUnits(int from)
    {
        for (int i = from; i < _count; i++)
        {
            if (UsesUnit(_ops[i].Kind))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether registers of a unit must be loaded that is not always.</summary>
    internal static bool UsesUnit(EmitKind kind) => UsesVectors(kind) || UsesX87(kind);

    /// <summary>Whether it is that of the vector registers.</summary>
    internal static bool UsesVectors(EmitKind kind) => kind is EmitKind.Vector or EmitKind.StringIndex or EmitKind.ZeroUpper or EmitKind.LoadMxcsr or EmitKind.MaskedMove or EmitKind.Gather
        or EmitKind.MmxAndSse or EmitKind.MaskedBytes or EmitKind.Approximate or EmitKind.SaveState or EmitKind.RestoreState;

    /// <summary>Whether it is the x87 unit.</summary>
    internal static bool UsesX87(EmitKind kind) => kind is EmitKind.X87 or EmitKind.X87Environment or EmitKind.Mmx or EmitKind.MmxAndSse or EmitKind.MaskedQuadword
        or EmitKind.SaveState or EmitKind.RestoreState;

    // Neither searches for memory nor leaves the block.
    private bool IsQuiet(int index)
    {
        ref GuestInstruction op = ref _ops[index];
        return op.Kind switch
        {
            EmitKind.Nothing or EmitKind.Lea or EmitKind.MoveImmediate or EmitKind.ByteSwap or EmitKind.WidenAccumulator or EmitKind.WidenToDx or EmitKind.ReadSegment
                or EmitKind.Accumulator or EmitKind.ExchangeAccumulator => true,
            EmitKind.Plain or EmitKind.Vector or EmitKind.X87 or EmitKind.Bits or EmitKind.ShiftImmediate or EmitKind.ShiftByCl or EmitKind.Multiply or EmitKind.MultiplyWide or EmitKind.BitScan
                or EmitKind.ZeroCount => !op.HasMemory || _groups.IsFound(index),
            EmitKind.Push or EmitKind.PushImmediate or EmitKind.Pop or EmitKind.Leave or EmitKind.CompareExchange => _groups.IsFound(index),
            _ => false,
        };
    }

    // The guest's registers from which an instruction's flags can be had again, one bit each.
    private static int Sources(ref GuestInstruction op) => op.Kind == EmitKind.Accumulator
        ? 1
        : op.Kind == EmitKind.ShiftImmediate && !IsRotate(op) ? 0
        : !IsComparison(op) && !IsSum(op) ? 1 << Result(op)
        : (op.Form.Reg == OperandRole.General ? 1 << op.Reg : 0) | (op.Form.Rm == OperandRole.General && !op.HasMemory ? 1 << op.Rm : 0);
}
