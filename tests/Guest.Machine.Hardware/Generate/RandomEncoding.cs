using Iced.Intel;

namespace Guest.Machine.Hardware.Generate;

/// <summary>Writes prefixes, opcode and ModRM of an instruction as its row in the opcode map says, everything else at random.</summary>
/// <param name="mode">The mode of the instructions.</param>
internal sealed class RandomEncoding(CpuMode mode)
{
    /// <summary>The bytes.</summary>
    public byte[] Bytes { get; } = new byte[40];

    /// <summary>How many bytes have been written.</summary>
    public int Length { get; set; }

    /// <summary>Writes random bytes that may well be the instruction, and more random ones behind them.</summary>
    public void Emit(ref Rng rng, OpCodeInfo info)
    {
        Length = 0;
        if (info.Encoding == EncodingKind.VEX)
        {
            EmitVex(ref rng, info);
        }
        else
        {
            EmitLegacy(ref rng, info);
        }

        EmitModRm(ref rng, info);
        while (Length < 24)
        {
            Add((byte)rng.Next());
        }
    }

    private void EmitLegacy(ref Rng rng, OpCodeInfo info)
    {
        if (info.OperandSize == 16 || (info.MandatoryPrefix == MandatoryPrefix.P66))
        {
            Add(0x66);
        }

        if (rng.Percent(info.AddressSize == (mode == CpuMode.Long ? 32 : 16) ? 90 : 5))
        {
            Add(0x67);
        }

        if (rng.Percent(6))
        {
            ReadOnlySpan<byte> segments = [0x26, 0x2E, 0x36, 0x3E, 0x64, 0x64, 0x65, 0x65, 0x65];
            Add(segments[rng.Below(segments.Length)]);
        }

        EmitRepeatOrLock(ref rng, info);
        bool wide = info.OperandSize == 64 && !info.DefaultOpSize64;
        if (mode == CpuMode.Long && (wide || rng.Percent(50)))
        {
            Add((byte)(0x40 | (rng.Below(16) & (wide || rng.Percent(10) ? 15 : 7)) | (wide ? 8 : 0)));
        }

        EmitOpcode(ref rng, info);
    }

    private void EmitRepeatOrLock(ref Rng rng, OpCodeInfo info)
    {
        switch (info.MandatoryPrefix)
        {
            case MandatoryPrefix.PF3:
                Add(0xF3);
                return;
            case MandatoryPrefix.PF2:
                Add(0xF2);
                return;
        }

        if (info.CanUseRepPrefix && rng.Percent(40))
        {
            Add(info.CanUseRepnePrefix && rng.Percent(50) ? (byte)0xF2 : (byte)0xF3);
        }
        else if (info.CanUseLockPrefix && rng.Percent(20))
        {
            Add(0xF0);
        }
    }

    private void EmitOpcode(ref Rng rng, OpCodeInfo info)
    {
        switch (info.Table)
        {
            case OpCodeTableKind.T0F:
                Add(0x0F);
                break;
            case OpCodeTableKind.T0F38:
                Add(0x0F);
                Add(0x38);
                break;
            case OpCodeTableKind.T0F3A:
                Add(0x0F);
                Add(0x3A);
                break;
        }

        if (info.OpCodeLength == 2)
        {
            Add((byte)(info.OpCode >> 8));
        }

        int extra = HasOpcodeRegister(info) ? rng.Below(8) : 0;
        Add((byte)((byte)info.OpCode + extra));
    }

    private void EmitVex(ref Rng rng, OpCodeInfo info)
    {
        if (rng.Percent(4))
        {
            Add(rng.Percent(70) ? (byte)0x67 : (byte)0x65);
        }

        int vvvv = HasVvvv(info) || rng.Percent(1) ? rng.Below(16) : 15;
        int l = info.IsLIG ? rng.Below(2) : (int)info.L & 1;
        int pp = info.MandatoryPrefix switch
        {
            MandatoryPrefix.P66 => 1,
            MandatoryPrefix.PF3 => 2,
            MandatoryPrefix.PF2 => 3,
            _ => 0,
        };
        int w = info.IsWIG ? rng.Below(2) : (int)info.W & 1;
        if (info.Table == OpCodeTableKind.T0F && w == 0 && rng.Percent(50))
        {
            Add(0xC5);
            Add((byte)((rng.Below(2) << 7) | (vvvv << 3) | (l << 2) | pp));
        }
        else
        {
            int map = info.Table switch { OpCodeTableKind.T0F => 1, OpCodeTableKind.T0F38 => 2, _ => 3 };
            Add(0xC4);
            Add((byte)((rng.Below(8) << 5) | map));
            Add((byte)((w << 7) | (vvvv << 3) | (l << 2) | pp));
        }

        Add((byte)info.OpCode);
    }

    private void EmitModRm(ref Rng rng, OpCodeInfo info)
    {
        if (!HasModRm(info))
        {
            if (info.OpCodeLength == 2 || !info.IsGroup)
            {
                return;
            }
        }

        int mod = rng.Percent(40) ? 3 : rng.Below(3);
        int reg = info.IsGroup ? info.GroupIndex : rng.Below(8);
        int rm = info.IsRmGroup ? info.RmGroupIndex : rng.Percent(20) ? 4 : rng.Below(8);
        Add((byte)((mod << 6) | (reg << 3) | rm));
    }

    private static bool HasOpcodeRegister(OpCodeInfo info) => AnyOperand(info, kind =>
        kind is OpCodeOperandKind.r8_opcode or OpCodeOperandKind.r16_opcode or OpCodeOperandKind.r32_opcode
            or OpCodeOperandKind.r64_opcode or OpCodeOperandKind.sti_opcode);

    private static bool HasVvvv(OpCodeInfo info) => AnyOperand(info, kind =>
        kind is OpCodeOperandKind.xmm_vvvv or OpCodeOperandKind.ymm_vvvv or OpCodeOperandKind.r32_vvvv or OpCodeOperandKind.r64_vvvv);

    // Without a ModRM byte the byte is just the first of the random immediate ones.
    private static bool HasModRm(OpCodeInfo info) => info.IsGroup || info.IsRmGroup || AnyOperand(info, kind => kind
        is not (OpCodeOperandKind.None or OpCodeOperandKind.imm8 or OpCodeOperandKind.imm16 or OpCodeOperandKind.imm32));

    private static bool AnyOperand(OpCodeInfo info, Func<OpCodeOperandKind, bool> test)
    {
        for (int i = 0; i < info.OpCount; i++)
        {
            if (test(info.GetOpKind(i)))
            {
                return true;
            }
        }

        return false;
    }

    private void Add(byte value) => Bytes[Length++] = value;
}
