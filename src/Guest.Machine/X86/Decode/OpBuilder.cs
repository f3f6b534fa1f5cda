using Guest.Machine.Native;
using Guest.Machine.X86.Semantics;
using Iced.Intel;

namespace Guest.Machine.X86.Decode;

/// <summary>Turns the decoder's instruction into an <see cref="Op"/>.</summary>
internal sealed class OpBuilder
{
    private const int MaxLength = 15;
    private static readonly nint UndefinedOpcode = OpPointer.Of(Undefined.Opcode);
    private static readonly nint TooLong = OpPointer.Of(Undefined.TooLong);
    private static readonly nint NotImplemented = OpPointer.Of(Undefined.NotImplemented);
    private readonly CpuModel _model;
    private readonly InstructionInfoFactory _info = new();
    private readonly nint[] _registerHandlers = new nint[IcedConstants.CodeEnumCount];
    private readonly nint[] _memoryHandlers = new nint[IcedConstants.CodeEnumCount];

    internal OpBuilder(CpuModel model) => _model = model;

    /// <summary>Builds the operation.</summary>
    /// <returns>Whether it ends a block.</returns>
    internal bool Build(in Instruction instruction, nint bytes, int available, int codeSize, out Op op)
    {
        op = new Op { Code = instruction.Code, Length = (byte)instruction.Length, MemoryOperand = 255, Base = CpuState.ZeroOffset, Index = CpuState.ZeroOffset };
        if (instruction.IsInvalid)
        {
            op.Handler = IsTooLong(bytes, available, codeSize, op.Length) ? TooLong : UndefinedOpcode;
            op.Length = Math.Max((byte)1, op.Length);
            return true;
        }

        op.Code = _model.Executes(instruction.Code);
        FillSizes(instruction, bytes, codeSize, ref op);
        bool memory = FillOperands(instruction, codeSize, ref op);
        op.Handler = Handler(op.Code, memory);
        if (!_model.Announces(op.Code))
        {
            op.Handler = UndefinedOpcode;
        }
        else if (op.Handler == 0)
        {
            op.Handler = NotImplemented;
        }
        else
        {
            InstructionTable.Find(op.Code)!.Prepare?.Invoke(instruction, ref op);
        }

        return instruction.FlowControl != FlowControl.Next;
    }

    // The handler of an instruction's form, or 0 where it is unknown. Handlers are compiled when they are first asked for.
    private nint Handler(Code code, bool memory)
    {
        ref nint pointer = ref (memory ? _memoryHandlers : _registerHandlers)[(int)code];
        if (pointer == 0 && InstructionTable.Find(code) is { } row && (memory ? row.Memory : row.Register) is { } handler)
        {
            pointer = OpPointer.Of(handler);
        }

        return pointer;
    }

    private static void FillSizes(in Instruction instruction, nint bytes, int codeSize, ref Op op)
    {
        OpCodeInfo info = op.Code.ToOpCode();
        op.OperandBits = (byte)(info.OperandSize != 0 ? info.OperandSize : OperandBits(bytes, op.Length, codeSize, info));
        op.AddressBits = (byte)(info.AddressSize != 0 ? info.AddressSize : AddressBits(bytes, op.Length, codeSize));
        op.Rep = instruction.HasRepnePrefix ? (byte)0xF2 : instruction.HasRepePrefix ? (byte)0xF3 : (byte)0;
        op.MemorySize = (ushort)instruction.MemorySize.GetSize();
    }

    private bool FillOperands(in Instruction instruction, int codeSize, ref Op op)
    {
        bool memory = false;
        for (int i = 0; i < instruction.OpCount; i++)
        {
            OpKind kind = instruction.GetOpKind(i);
            switch (kind)
            {
                case OpKind.Register:
                    SetRegister(ref op, i, Encode(instruction.GetOpRegister(i)));
                    break;
                case OpKind.NearBranch16 or OpKind.NearBranch32 or OpKind.NearBranch64:
                    op.Imm = instruction.NearBranchTarget - (ulong)instruction.Length;
                    break;
                case OpKind.FarBranch16 or OpKind.FarBranch32:
                    op.Imm = kind == OpKind.FarBranch16 ? instruction.FarBranch16 : instruction.FarBranch32;
                    op.Extra = instruction.FarBranchSelector;
                    break;
                case OpKind.Memory:
                    memory = true;
                    op.HasMemory = true;
                    op.MemoryOperand = (byte)i;
                    FillMemory(instruction, codeSize, ref op);
                    break;
                case >= OpKind.MemorySegSI and <= OpKind.MemoryESRDI:
                    op.HasMemory = true;
                    op.Segment = Number(instruction.MemorySegment);
                    break;
                case OpKind.Immediate8_2nd:
                    op.Extra = instruction.Immediate8_2nd;
                    break;
                default:
                    op.Imm = instruction.GetImmediate(i);
                    break;
            }
        }

        return memory;
    }

    private void FillMemory(in Instruction instruction, int codeSize, ref Op op)
    {
        Register baseRegister = instruction.MemoryBase;
        op.Disp = instruction.MemoryDisplacement64;
        if (baseRegister is Register.RIP or Register.EIP)
        {
            op.Base = CpuState.RipOffset;
            op.Disp -= (ulong)instruction.Length;
        }
        else if (baseRegister != Register.None)
        {
            op.Base = (byte)(8 * baseRegister.GetNumber());
        }

        if (instruction.MemoryIndex is var index && index != Register.None && !index.IsVectorRegister())
        {
            op.Index = (byte)(8 * index.GetNumber());
            op.Scale = (byte)System.Numerics.BitOperations.Log2((uint)instruction.MemoryIndexScale);
        }
        else if (index.IsVectorRegister())
        {
            op.Index = CpuState.ZeroOffset;
            op.Extra = (ulong)index.GetNumber();
            op.Scale = (byte)System.Numerics.BitOperations.Log2((uint)instruction.MemoryIndexScale);
        }

        op.Segment = Number(instruction.MemorySegment);
        op.Form = Form(instruction, baseRegister, index, codeSize);
        op.Writes = WritesMemory(instruction);
    }

    private static AddressForm Form(in Instruction instruction, Register baseRegister, Register index, int codeSize)
    {
        AddressForm form = AddressForm.Flat;
        int bits = AddressBits(baseRegister, index, instruction.MemoryDisplSize, codeSize);
        form |= bits == 16 ? AddressForm.Cut16 : bits == 32 ? AddressForm.Cut32 : AddressForm.Flat;
        if (codeSize != 2)
        {
            return form | AddressForm.Segmented;
        }

        return instruction.MemorySegment is Register.FS or Register.GS ? form | AddressForm.Based : form;
    }

    private static int AddressBits(Register baseRegister, Register index, int displacementSize, int codeSize)
    {
        Register register = baseRegister != Register.None ? baseRegister : index;
        return register switch
        {
            Register.RIP => 64,
            Register.EIP => 32,
            _ when register == Register.None || register.IsVectorRegister() => displacementSize switch { 2 => 16, 4 => 32, 8 => 64, _ => Bitness(codeSize) },
            _ => register.GetSize() * 8,
        };
    }

    private bool WritesMemory(in Instruction instruction)
    {
        OpAccess access = _info.GetInfo(instruction, InstructionInfoOptions.NoRegisterUsage).GetOpAccess(MemoryIndex(instruction));
        return access is OpAccess.Write or OpAccess.ReadWrite or OpAccess.CondWrite or OpAccess.ReadCondWrite;
    }

    private static int MemoryIndex(in Instruction instruction)
    {
        for (int i = 0; i < instruction.OpCount; i++)
        {
            if (instruction.GetOpKind(i) == OpKind.Memory)
            {
                return i;
            }
        }

        return 0;
    }

    private static int Bitness(int codeSize) => codeSize == 2 ? 64 : codeSize == 1 ? 32 : 16;

    private static int OperandBits(nint bytes, int length, int codeSize, OpCodeInfo info)
    {
        bool prefix = HasPrefix(bytes, length, 0x66, codeSize, out bool wide);
        return wide || (codeSize == 2 && info.ForceOpSize64)
            ? 64
            : codeSize == 0 ? (prefix ? 32 : 16) : codeSize == 2 && info.DefaultOpSize64 ? (prefix ? 16 : 64) : prefix ? 16 : 32;
    }

    private static int AddressBits(nint bytes, int length, int codeSize)
    {
        bool prefix = HasPrefix(bytes, length, 0x67, codeSize, out _);
        return codeSize == 2 ? (prefix ? 32 : 64) : (codeSize == 1) == prefix ? 16 : 32;
    }

    private static bool HasPrefix(nint bytes, int length, byte prefix, int codeSize, out bool rexW)
    {
        bool found = false;
        rexW = false;
        for (int i = 0; i < length; i++)
        {
            byte value = Raw.Load<byte>(bytes + i);
            if (value is 0x66 or 0x67 or 0xF0 or 0xF2 or 0xF3 or 0x2E or 0x36 or 0x3E or 0x26 or 0x64 or 0x65)
            {
                found |= value == prefix;
                rexW = false;
            }
            else if (codeSize == 2 && (value & 0xF0) == 0x40)
            {
                // Only a REX right before the opcode counts.
                rexW = (value & 8) != 0;
            }
            else
            {
                break;
            }
        }

        return found;
    }

    // More than 15 bytes: prefixes alone, or an instruction that is whole without its prefixes.
    private static bool IsTooLong(nint bytes, int available, int codeSize, int length)
    {
        int prefixes = PrefixBytes(bytes, available, codeSize);
        if (prefixes >= 14 || length < MaxLength)
        {
            return prefixes >= 14;
        }

        byte[] rest = Raw.Span(bytes + prefixes, Math.Min(available - prefixes, MaxLength)).ToArray();
        Instruction instruction = Decoder.Create(16 << codeSize, rest).Decode();
        return !instruction.IsInvalid && prefixes + instruction.Length > MaxLength;
    }

    private static int PrefixBytes(nint bytes, int available, int codeSize)
    {
        int count = 0;
        while (count < Math.Min(available, 15))
        {
            byte value = Raw.Load<byte>(bytes + count);
            if (!(value is 0x66 or 0x67 or 0xF0 or 0xF2 or 0xF3 or 0x2E or 0x36 or 0x3E or 0x26 or 0x64 or 0x65 || (codeSize == 2 && (value & 0xF0) == 0x40)))
            {
                break;
            }

            count++;
        }

        return count;
    }

    private static byte Encode(Register register)
    {
        if (register.IsGPR8())
        {
            // AH, CH, DH, BH are the second bytes of the first four registers.
            return register is >= Register.AH and <= Register.BH ? (byte)((8 * (register - Register.AH)) + 1) : (byte)(8 * Number8(register));
        }

        return register.IsGPR() ? (byte)(8 * register.GetNumber()) : Number(register);
    }

    private static int Number8(Register register) => register >= Register.SPL ? register - Register.SPL + 4 : register - Register.AL;

    private static byte Number(Register register) => register switch
    {
        Register.ES => (byte)SegmentName.Es,
        Register.CS => (byte)SegmentName.Cs,
        Register.SS => (byte)SegmentName.Ss,
        Register.DS => (byte)SegmentName.Ds,
        Register.FS => (byte)SegmentName.Fs,
        Register.GS => (byte)SegmentName.Gs,
        Register.None => 0,
        _ => (byte)register.GetNumber(),
    };

    private static void SetRegister(ref Op op, int operand, byte value)
    {
        switch (operand)
        {
            case 0: op.Reg0 = value; break;
            case 1: op.Reg1 = value; break;
            case 2: op.Reg2 = value; break;
            default: op.Reg3 = value; break;
        }
    }
}
