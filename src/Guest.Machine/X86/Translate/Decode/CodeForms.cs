using Guest.Machine.X86.Decode;
using Guest.Machine.X86.Semantics;
using Iced.Intel;

namespace Guest.Machine.X86.Translate.Decode;

/// <summary>The forms of all instructions, with and without a memory operand, made when one is first met.</summary>
internal sealed class CodeForms
{
    private static readonly CodeForm Interpreted = new(EmitKind.Interpret, FlagUse.Changes);
    private readonly CodeForm?[] _forms = new CodeForm?[2 * IcedConstants.CodeEnumCount];
    private readonly InstructionInfoFactory _info = new();
    private readonly CpuModel _model;

    internal CodeForms(CpuModel model) => _model = model;

    /// <summary>The form of an instruction.</summary>
    internal CodeForm Of(in Instruction instruction)
    {
        ref CodeForm? form = ref _forms[(2 * (int)instruction.Code) + (FormTable.HasMemory(instruction) ? 1 : 0)];
        if (form is not null)
        {
            return form;
        }

        CodeForm made = Make(instruction);

        // With one register as both operands the decoder's tables know of zeroing idioms: not what holds for the others.
        if (!IsOneRegister(instruction))
        {
            form = made;
        }

        return made;
    }

    private CodeForm Make(in Instruction instruction)
    {
        Code code = instruction.Code;
        if (!_model.Announces(code) && IsHint(code))
        {
            return new CodeForm(EmitKind.Nothing, FlagUse.None);
        }

        if (instruction.IsInvalid || !_model.Announces(code) || InstructionTable.Find(code) is not { } row)
        {
            return Interpreted;
        }

        OpCodeInfo info = code.ToOpCode();
        EmitKind kind = FormTable.Kind(instruction, info, row);
        return kind == EmitKind.Interpret ? Interpreted : Describe(new CodeForm(kind, FormTable.Flags(instruction.Mnemonic, kind)), instruction, info, row);
    }

    // What a model without the feature executes as NOP (CpuModel.Executes).
    private static bool IsHint(Code code) =>
        code is Code.Endbr64 or Code.Endbr32 or Code.Rdsspd_r32 or Code.Rdsspq_r64 or Code.Cldemote_m8 or Code.Prefetchit0_m8 or Code.Prefetchit1_m8;

    private CodeForm Describe(CodeForm form, in Instruction instruction, OpCodeInfo info, InstructionRow row)
    {
        InstructionInfo used = _info.GetInfo(instruction, InstructionInfoOptions.NoMemoryUsage | InstructionInfoOptions.NoRegisterUsage);
        bool same = IsOneRegister(instruction);
        form = form with
        {
            Prefix = Prefix(info),
            IsNarrow = info.OperandSize == 16 && info.MandatoryPrefix is (MandatoryPrefix.PF2 or MandatoryPrefix.PF3),
            Bits = Bits(info),
            IsVex = info.Encoding == EncodingKind.VEX,
            UsesMxcsr = SimdRow.ObeysMxcsr(row),
            IsAligned = form.Kind is (EmitKind.Vector or EmitKind.MmxAndSse or EmitKind.Approximate) && SimdRow.NeedsAlignment(info),
        };
        for (int i = 0; i < info.OpCount; i++)
        {
            bool writes = used.GetOpAccess(i) is OpAccess.Write or OpAccess.ReadWrite or OpAccess.CondWrite or OpAccess.ReadCondWrite || (same && i == 0 && form.Kind == EmitKind.Plain);
            form = AddOperand(form, info.GetOpKind(i), writes);
            form = AddReplaced(form, info.GetOpKind(i), !same && used.GetOpAccess(i) == OpAccess.Write);
        }

        return form;
    }

    private static bool IsOneRegister(in Instruction instruction) =>
        instruction.OpCount >= 2 && instruction.Op0Kind == OpKind.Register && instruction.Op1Kind == OpKind.Register && instruction.Op0Register == instruction.Op1Register;

    private static CodeForm AddOperand(CodeForm form, OpCodeOperandKind kind, bool writes) => kind switch
    {
        OpCodeOperandKind.r8_reg => form with { Reg = OperandRole.General, WritesReg = writes, ByteReg = true },
        OpCodeOperandKind.r16_reg or OpCodeOperandKind.r32_reg or OpCodeOperandKind.r64_reg => form with { Reg = OperandRole.General, WritesReg = writes },
        OpCodeOperandKind.xmm_reg or OpCodeOperandKind.ymm_reg => form with { Reg = OperandRole.Vector, WritesReg = writes },
        OpCodeOperandKind.r8_or_mem => form with { Rm = OperandRole.General, WritesRm = writes, ByteRm = true },
        OpCodeOperandKind.r16_or_mem or OpCodeOperandKind.r32_or_mem or OpCodeOperandKind.r64_or_mem => form with { Rm = OperandRole.General, WritesRm = writes },
        OpCodeOperandKind.r16_rm or OpCodeOperandKind.r32_rm or OpCodeOperandKind.r64_rm => form with { Rm = OperandRole.General, WritesRm = writes },
        OpCodeOperandKind.xmm_or_mem or OpCodeOperandKind.ymm_or_mem or OpCodeOperandKind.xmm_rm or OpCodeOperandKind.ymm_rm => form with { Rm = OperandRole.Vector, WritesRm = writes },
        OpCodeOperandKind.mem or OpCodeOperandKind.mm_or_mem => form with { WritesRm = writes },
        OpCodeOperandKind.r32_vvvv or OpCodeOperandKind.r64_vvvv => form with { Vvvv = OperandRole.General, WritesVvvv = writes },
        OpCodeOperandKind.xmm_vvvv or OpCodeOperandKind.ymm_vvvv => form with { Vvvv = OperandRole.Vector, WritesVvvv = writes },
        OpCodeOperandKind.xmm_is4 or OpCodeOperandKind.ymm_is4 => form with { EndsWithRegister = true },
        _ => form,
    };

    // Writing 32 bits of a register clears the others.
    private static CodeForm AddReplaced(CodeForm form, OpCodeOperandKind kind, bool replaced) => kind switch
    {
        OpCodeOperandKind.r32_reg or OpCodeOperandKind.r64_reg => form with { ReplacesReg = replaced },
        OpCodeOperandKind.r32_or_mem or OpCodeOperandKind.r64_or_mem or OpCodeOperandKind.r32_rm or OpCodeOperandKind.r64_rm => form with { ReplacesRm = replaced },
        _ => form,
    };

    private static byte Prefix(OpCodeInfo info) => info.MandatoryPrefix switch
    {
        MandatoryPrefix.P66 => 0x66,
        MandatoryPrefix.PF2 => 0xF2,
        MandatoryPrefix.PF3 => 0xF3,
        _ => info.OperandSize == 16 ? (byte)0x66 : (byte)0,
    };

    private static int Bits(OpCodeInfo info)
    {
        for (int i = 0; i < info.OpCount; i++)
        {
            switch (info.GetOpKind(i))
            {
                case OpCodeOperandKind.r8_reg or OpCodeOperandKind.r8_or_mem or OpCodeOperandKind.al or OpCodeOperandKind.r8_opcode:
                    return 8;
                case OpCodeOperandKind.r16_reg or OpCodeOperandKind.r16_or_mem or OpCodeOperandKind.ax or OpCodeOperandKind.r16_opcode or OpCodeOperandKind.r16_rm:
                    return 16;
                case OpCodeOperandKind.r32_reg or OpCodeOperandKind.r32_or_mem or OpCodeOperandKind.eax or OpCodeOperandKind.r32_opcode or OpCodeOperandKind.r32_rm:
                    return 32;
                case OpCodeOperandKind.r64_reg or OpCodeOperandKind.r64_or_mem or OpCodeOperandKind.rax or OpCodeOperandKind.r64_opcode or OpCodeOperandKind.r64_rm:
                    return 64;
                default:
                    break;
            }
        }

        return info.OperandSize;
    }
}
