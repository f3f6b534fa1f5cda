using Guest.Machine.X86.Decode;
using Guest.Machine.X86.Semantics;
using Iced.Intel;

namespace Guest.Machine.X86.Translate.Decode;

/// <summary>The table of what the translator knows: by mnemonic, with the encodings that need their own treatment.</summary>
internal static class FormTable
{
    /// <summary>How an instruction is translated.</summary>
    internal static EmitKind Kind(in Instruction instruction, OpCodeInfo info, InstructionRow row)
    {
        EmitKind kind = X87Forms.IsTranslated(instruction) ? X87Forms.Kind(instruction.Mnemonic) : SimdRow.IsHosts(row) ? Vector(instruction, info) : General(instruction, info);
        return info.OperandSize != 16 || Handles16(kind) ? kind : EmitKind.Interpret;
    }

    /// <summary>What it does with the flags.</summary>
    internal static FlagUse Flags(Mnemonic mnemonic, EmitKind kind) => kind switch
    {
        EmitKind.StringIndex or EmitKind.Bits or EmitKind.Multiply or EmitKind.MultiplyWide or EmitKind.BitScan or EmitKind.ZeroCount or EmitKind.CompareExchange => FlagUse.Writes,
        EmitKind.BitString or EmitKind.CompareExchangeWide or EmitKind.StoreFlags or EmitKind.RotateThrough or EmitKind.DoubleShiftNarrow or EmitKind.PopFlags or EmitKind.StringCompare => FlagUse.Changes,
        EmitKind.LoadFlags or EmitKind.JumpIf or EmitKind.CountJumpIf => FlagUse.Reads,
        EmitKind.Plain or EmitKind.Accumulator or EmitKind.Vector => Plain(mnemonic),
        EmitKind.ShiftImmediate => mnemonic is Mnemonic.Rol or Mnemonic.Ror ? FlagUse.Keeps : FlagUse.Writes,
        EmitKind.ShiftByCl => FlagUse.Keeps,
        EmitKind.X87 => X87Forms.Flags(mnemonic),
        _ => FlagUse.None,
    };

    private static FlagUse Plain(Mnemonic mnemonic) => mnemonic switch
    {
        Mnemonic.Add or Mnemonic.Sub or Mnemonic.Cmp or Mnemonic.And or Mnemonic.Or or Mnemonic.Xor or Mnemonic.Test or Mnemonic.Neg or Mnemonic.Xadd
            or Mnemonic.Popcnt or Mnemonic.Comiss or Mnemonic.Comisd or Mnemonic.Ucomiss or Mnemonic.Ucomisd or Mnemonic.Vcomiss or Mnemonic.Vcomisd
            or Mnemonic.Vucomiss or Mnemonic.Vucomisd or Mnemonic.Pcmpistrm or Mnemonic.Vpcmpistrm or Mnemonic.Ptest or Mnemonic.Vptest or Mnemonic.Vtestps or Mnemonic.Vtestpd => FlagUse.Writes,
        Mnemonic.Adc or Mnemonic.Sbb or Mnemonic.Rcl or Mnemonic.Rcr or Mnemonic.Cmc or Mnemonic.Adcx or Mnemonic.Adox => FlagUse.Changes,
        Mnemonic.Inc or Mnemonic.Dec or Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr or Mnemonic.Btc or Mnemonic.Clc or Mnemonic.Stc => FlagUse.Keeps,
        _ => IsConditionalValue(mnemonic) ? FlagUse.Reads : FlagUse.None,
    };

    // SETcc and CMOVcc.
    private static bool IsConditionalValue(Mnemonic mnemonic) =>
        mnemonic.ToString() is var name && (name.StartsWith("Set", StringComparison.Ordinal) || name.StartsWith("Cmov", StringComparison.Ordinal));

    private static bool Handles16(EmitKind kind) => kind is EmitKind.Plain or EmitKind.Nothing or EmitKind.Accumulator or EmitKind.MoveImmediate or EmitKind.WidenAccumulator or EmitKind.WidenToDx
        or EmitKind.ExchangeAccumulator or EmitKind.Lea or EmitKind.Multiply or EmitKind.MultiplyWide or EmitKind.Divide or EmitKind.SignedDivide or EmitKind.ShiftImmediate or EmitKind.CompareExchange or EmitKind.ReadSegment or EmitKind.Direction or EmitKind.String
        or EmitKind.MoveOffset or EmitKind.ByteSwap or EmitKind.BitScan or EmitKind.ZeroCount or EmitKind.BitString or EmitKind.ShiftByCl or EmitKind.RotateThrough or EmitKind.DoubleShiftNarrow
        or EmitKind.PushOther or EmitKind.PopNarrow or EmitKind.PopMemory or EmitKind.PopFlags or EmitKind.LeaveNarrow or EmitKind.EnterFrame or EmitKind.StringCompare or EmitKind.X87Environment;

    private static EmitKind Vector(in Instruction instruction, OpCodeInfo info)
    {
        bool mmx = false;
        bool sse = false;
        for (int i = 0; i < info.OpCount; i++)
        {
            mmx |= info.GetOpKind(i) is OpCodeOperandKind.mm_or_mem or OpCodeOperandKind.mm_reg or OpCodeOperandKind.mm_rm;
            sse |= info.GetOpKind(i) is OpCodeOperandKind.xmm_or_mem or OpCodeOperandKind.xmm_reg or OpCodeOperandKind.xmm_rm;
        }

        return instruction.Mnemonic switch
        {
            // Whether one of these from memory makes the registers MMX's differs between processors.
            Mnemonic.Cvtpi2ps or Mnemonic.Cvtpi2pd when HasMemory(instruction) => EmitKind.Interpret,
            _ when mmx => sse ? EmitKind.MmxAndSse : EmitKind.Mmx,
            Mnemonic.Pcmpistri or Mnemonic.Vpcmpistri => EmitKind.StringIndex,
            _ when HasLengths(instruction.Mnemonic) => EmitKind.StringIndex,
            _ => EmitKind.Vector,
        };
    }

    /// <summary>Whether a comparison of strings has their lengths in RAX and RDX.</summary>
    internal static bool HasLengths(Mnemonic mnemonic) => mnemonic is Mnemonic.Pcmpestri or Mnemonic.Pcmpestrm or Mnemonic.Pcmpestri64 or Mnemonic.Pcmpestrm64
        or Mnemonic.Vpcmpestri or Mnemonic.Vpcmpestrm or Mnemonic.Vpcmpestri64 or Mnemonic.Vpcmpestrm64;

    private static EmitKind General(in Instruction instruction, OpCodeInfo info)
    {
        bool memory = HasMemory(instruction);
        OpKind last = instruction.OpCount == 0 ? OpKind.Register : instruction.GetOpKind(instruction.OpCount - 1);
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Nop or Mnemonic.Endbr64 or Mnemonic.Pause or Mnemonic.Lfence or Mnemonic.Sfence or Mnemonic.Mfence or Mnemonic.Prefetchnta or Mnemonic.Prefetcht0
                or Mnemonic.Prefetcht1 or Mnemonic.Prefetcht2 or Mnemonic.Prefetchw or Mnemonic.Prefetch or Mnemonic.Reservednop:
                return EmitKind.Nothing;
            case Mnemonic.Mov:
                return Move(instruction, info);
            case Mnemonic.Add or Mnemonic.Adc or Mnemonic.Sub or Mnemonic.Sbb or Mnemonic.And or Mnemonic.Or or Mnemonic.Xor or Mnemonic.Cmp or Mnemonic.Test:
                return info.GetOpKind(0) is OpCodeOperandKind.al or OpCodeOperandKind.ax or OpCodeOperandKind.eax or OpCodeOperandKind.rax ? EmitKind.Accumulator : EmitKind.Plain;
            case Mnemonic.Movzx or Mnemonic.Movsx or Mnemonic.Movsxd or Mnemonic.Inc or Mnemonic.Dec or Mnemonic.Neg or Mnemonic.Not or Mnemonic.Popcnt or Mnemonic.Movbe
                or Mnemonic.Xadd or Mnemonic.Rorx or Mnemonic.Sarx or Mnemonic.Shlx or Mnemonic.Shrx or Mnemonic.Pdep or Mnemonic.Pext or Mnemonic.Mulx or Mnemonic.Adcx
                or Mnemonic.Adox or Mnemonic.Clc or Mnemonic.Stc or Mnemonic.Cmc:
                return EmitKind.Plain;
            case Mnemonic.Xchg:
                return info.GetOpKind(0) is OpCodeOperandKind.r16_opcode or OpCodeOperandKind.r32_opcode or OpCodeOperandKind.r64_opcode ? EmitKind.ExchangeAccumulator : EmitKind.Plain;
            case Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr or Mnemonic.Btc:
                return memory && last == OpKind.Register ? EmitKind.BitString : EmitKind.Plain;
            case Mnemonic.Andn or Mnemonic.Bextr or Mnemonic.Blsi or Mnemonic.Blsmsk or Mnemonic.Blsr or Mnemonic.Bzhi:
                return EmitKind.Bits;
            case Mnemonic.Bsf or Mnemonic.Bsr:
                return EmitKind.BitScan;
            case Mnemonic.Tzcnt or Mnemonic.Lzcnt:
                return EmitKind.ZeroCount;
            case Mnemonic.Shl or Mnemonic.Shr or Mnemonic.Sar or Mnemonic.Sal or Mnemonic.Rol or Mnemonic.Ror:
                return info.GetOpKind(1) == OpCodeOperandKind.cl ? EmitKind.ShiftByCl : EmitKind.ShiftImmediate;
            case Mnemonic.Rcl or Mnemonic.Rcr:
                return info.GetOpKind(1) == OpCodeOperandKind.imm8_const_1 ? EmitKind.Plain : EmitKind.RotateThrough;
            case Mnemonic.Ldmxcsr or Mnemonic.Vldmxcsr:
                return EmitKind.LoadMxcsr;
            case Mnemonic.Stmxcsr or Mnemonic.Vstmxcsr:
                return EmitKind.Vector;
            case Mnemonic.Emms:
                return EmitKind.Mmx;
            case Mnemonic.Shld or Mnemonic.Shrd:
                return info.OperandSize == 16 ? EmitKind.DoubleShiftNarrow : info.GetOpKind(2) == OpCodeOperandKind.cl ? EmitKind.ShiftByCl : EmitKind.ShiftImmediate;
            case Mnemonic.Mul:
                return EmitKind.MultiplyWide;
            case Mnemonic.Imul:
                return instruction.OpCount == 1 ? EmitKind.MultiplyWide : EmitKind.Multiply;
            case Mnemonic.Div:
                return EmitKind.Divide;
            case Mnemonic.Idiv:
                return EmitKind.SignedDivide;
            case Mnemonic.Cmpxchg:
                return EmitKind.CompareExchange;
            case Mnemonic.Cmpxchg8b or Mnemonic.Cmpxchg16b:
                return EmitKind.CompareExchangeWide;
            case Mnemonic.Lea:
                return EmitKind.Lea;
            case Mnemonic.Bswap:
                return EmitKind.ByteSwap;
            case Mnemonic.Cbw or Mnemonic.Cwde or Mnemonic.Cdqe:
                return EmitKind.WidenAccumulator;
            case Mnemonic.Cwd or Mnemonic.Cdq or Mnemonic.Cqo:
                return EmitKind.WidenToDx;
            case Mnemonic.Push:
                return Push(instruction, memory);
            case Mnemonic.Pop:
                return Pop(instruction, memory);
            case Mnemonic.Popfq or Mnemonic.Popf:
                return EmitKind.PopFlags;
            case Mnemonic.Leave:
                return instruction.Code == Code.Leaveq ? EmitKind.Leave : EmitKind.LeaveNarrow;
            case Mnemonic.Enter:
                return EmitKind.EnterFrame;
            case Mnemonic.Call:
                return instruction.Code == Code.Call_rel32_64 ? EmitKind.Call : instruction.Code == Code.Call_rm64 ? EmitKind.CallIndirect : EmitKind.Interpret;
            case Mnemonic.Ret:
                return instruction.Code is Code.Retnq or Code.Retnq_imm16 ? EmitKind.Return : EmitKind.Interpret;
            case Mnemonic.Jmp:
                return instruction.Code is Code.Jmp_rel8_64 or Code.Jmp_rel32_64 ? EmitKind.Jump : instruction.Code == Code.Jmp_rm64 ? EmitKind.JumpIndirect : EmitKind.Interpret;
            case Mnemonic.Jrcxz or Mnemonic.Jecxz:
                return instruction.Code is Code.Jrcxz_rel8_64 or Code.Jecxz_rel8_64 ? EmitKind.CountJump : EmitKind.Interpret;
            case Mnemonic.Loope or Mnemonic.Loopne:
                return instruction.GetOpKind(0) == OpKind.NearBranch64 ? EmitKind.CountJumpIf : EmitKind.Interpret;
            case Mnemonic.Loop:
                return instruction.GetOpKind(0) == OpKind.NearBranch64 ? EmitKind.CountJump : EmitKind.Interpret;
            case Mnemonic.Lahf:
                return EmitKind.LoadFlags;
            case Mnemonic.Sahf:
                return EmitKind.StoreFlags;
            case Mnemonic.Cld or Mnemonic.Std:
                return EmitKind.Direction;
            case Mnemonic.Cli:
                return EmitKind.DisableInterrupts;
            case Mnemonic.Sti:
                return EmitKind.EnableInterrupts;
            case Mnemonic.Pushfq:
                return EmitKind.PushFlags;
            case Mnemonic.Pushf:
                return EmitKind.PushOther;
            case Mnemonic.Stac or Mnemonic.Clac:
                return EmitKind.AccessCheck;
            case Mnemonic.Rdtsc or Mnemonic.Rdtscp:
                return EmitKind.ReadTime;
            case Mnemonic.Swapgs:
                return EmitKind.SwapGs;
            case Mnemonic.Movsb or Mnemonic.Movsw or Mnemonic.Movsd or Mnemonic.Movsq or Mnemonic.Stosb or Mnemonic.Stosw or Mnemonic.Stosd or Mnemonic.Stosq
                or Mnemonic.Lodsb or Mnemonic.Lodsw or Mnemonic.Lodsd or Mnemonic.Lodsq:
                return info.AddressSize is 0 or 64 ? EmitKind.String : EmitKind.Interpret;
            case Mnemonic.Scasb or Mnemonic.Scasw or Mnemonic.Scasd or Mnemonic.Scasq or Mnemonic.Cmpsb or Mnemonic.Cmpsw or Mnemonic.Cmpsd or Mnemonic.Cmpsq:
                return info.AddressSize is 0 or 64 ? EmitKind.StringCompare : EmitKind.Interpret;
            case Mnemonic.Xlatb:
                return EmitKind.TranslateByte;
            case Mnemonic.Clflush or Mnemonic.Clflushopt or Mnemonic.Clwb:
                return EmitKind.FlushLine;
            case Mnemonic.Rdfsbase or Mnemonic.Rdgsbase:
                return EmitKind.ReadBase;
            case Mnemonic.Wrfsbase or Mnemonic.Wrgsbase:
                return EmitKind.WriteBase;
            case Mnemonic.Fxsave or Mnemonic.Fxsave64 or Mnemonic.Xsave or Mnemonic.Xsave64 or Mnemonic.Xsaveopt or Mnemonic.Xsaveopt64 or Mnemonic.Xsavec or Mnemonic.Xsavec64
                or Mnemonic.Xsaves or Mnemonic.Xsaves64:
                return EmitKind.SaveState;
            case Mnemonic.Fxrstor or Mnemonic.Fxrstor64 or Mnemonic.Xrstor or Mnemonic.Xrstor64 or Mnemonic.Xrstors or Mnemonic.Xrstors64:
                return EmitKind.RestoreState;
            case Mnemonic.Xgetbv:
                return EmitKind.ReadXcr0;
            case Mnemonic.Maskmovq:
                return EmitKind.MaskedQuadword;
            case Mnemonic.Maskmovdqu or Mnemonic.Vmaskmovdqu:
                return EmitKind.MaskedBytes;
            case Mnemonic.Rcpps or Mnemonic.Rcpss or Mnemonic.Rsqrtps or Mnemonic.Rsqrtss or Mnemonic.Vrcpps or Mnemonic.Vrcpss or Mnemonic.Vrsqrtps or Mnemonic.Vrsqrtss:
                return EmitKind.Approximate;
            case Mnemonic.Crc32 or Mnemonic.Movnti:
                return EmitKind.Plain;
            case Mnemonic.Vmaskmovps or Mnemonic.Vmaskmovpd or Mnemonic.Vpmaskmovd or Mnemonic.Vpmaskmovq:
                return EmitKind.MaskedMove;
            case Mnemonic.Vgatherdps or Mnemonic.Vgatherdpd or Mnemonic.Vgatherqps or Mnemonic.Vgatherqpd
                or Mnemonic.Vpgatherdd or Mnemonic.Vpgatherdq or Mnemonic.Vpgatherqd or Mnemonic.Vpgatherqq:
                return EmitKind.Gather;
            case Mnemonic.Vzeroupper or Mnemonic.Vzeroall:
                return EmitKind.ZeroUpper;
            default:
                return instruction.ConditionCode == ConditionCode.None ? EmitKind.Interpret : Conditional(instruction);
        }
    }

    private static EmitKind Move(in Instruction instruction, OpCodeInfo info)
    {
        for (int i = 0; i < info.OpCount; i++)
        {
            switch (info.GetOpKind(i))
            {
                case OpCodeOperandKind.seg_reg:
                    return i == 1 && !HasMemory(instruction) ? EmitKind.ReadSegment : EmitKind.Interpret;
                case OpCodeOperandKind.cr_reg or OpCodeOperandKind.dr_reg or OpCodeOperandKind.tr_reg:
                    return EmitKind.Interpret;
                case OpCodeOperandKind.mem_offs:
                    return EmitKind.MoveOffset;
                case OpCodeOperandKind.r8_opcode or OpCodeOperandKind.r16_opcode or OpCodeOperandKind.r32_opcode or OpCodeOperandKind.r64_opcode:
                    return EmitKind.MoveImmediate;
                default:
                    break;
            }
        }

        return EmitKind.Plain;
    }

    private static EmitKind Push(in Instruction instruction, bool memory) => instruction.Code switch
    {
        Code.Push_r64 => EmitKind.Push,
        Code.Pushq_imm8 or Code.Pushq_imm32 => EmitKind.PushImmediate,
        Code.Push_rm64 => memory ? EmitKind.PushMemory : EmitKind.Push,
        Code.Push_r16 or Code.Push_rm16 or Code.Pushw_imm8 or Code.Push_imm16 or Code.Pushw_FS or Code.Pushw_GS or Code.Pushq_FS or Code.Pushq_GS => EmitKind.PushOther,
        _ => EmitKind.Interpret,
    };

    private static EmitKind Pop(in Instruction instruction, bool memory) => instruction.Code switch
    {
        Code.Pop_r64 => EmitKind.Pop,
        Code.Pop_rm64 => memory ? EmitKind.PopMemory : EmitKind.Pop,
        Code.Pop_r16 => EmitKind.PopNarrow,
        Code.Pop_rm16 => memory ? EmitKind.PopMemory : EmitKind.PopNarrow,
        _ => EmitKind.Interpret,
    };

    private static EmitKind Conditional(in Instruction instruction) => instruction.FlowControl == FlowControl.ConditionalBranch
        ? (instruction.Code.ToOpCode().OperandSize == 64 || instruction.GetOpKind(0) == OpKind.NearBranch64 ? EmitKind.JumpIf : EmitKind.Interpret)
        : IsConditionalValue(instruction.Mnemonic) ? EmitKind.Plain : EmitKind.Interpret;

    /// <summary>Whether an operand is memory.</summary>
    internal static bool HasMemory(in Instruction instruction)
    {
        for (int i = 0; i < instruction.OpCount; i++)
        {
            if (instruction.GetOpKind(i) == OpKind.Memory)
            {
                return true;
            }
        }

        return false;
    }
}
