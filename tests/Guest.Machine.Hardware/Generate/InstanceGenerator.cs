using Iced.Intel;

namespace Guest.Machine.Hardware.Generate;

/// <summary>Makes random encodings of a given instruction: all registers, addressing forms, prefixes and immediates.</summary>
/// <remarks>Bytes come first, the decoder judges: so redundant prefixes, ignored bits and odd spellings all occur.</remarks>
public sealed class InstanceGenerator
{
    private const int Attempts = 4000;
    private readonly byte[] buffer = new byte[40];
    private readonly byte[] trial = new byte[40];
    private readonly ByteArrayCodeReader reader;
    private readonly Decoder decoder;
    private int length;
    private int intended;

    private readonly CpuMode mode;

    /// <summary>Creates the generator.</summary>
    /// <param name="mode">The mode of the instructions.</param>
    public InstanceGenerator(CpuMode mode)
    {
        this.mode = mode;
        reader = new ByteArrayCodeReader(trial);
        decoder = Decoder.Create(mode == CpuMode.Long ? 64 : 32, reader);
    }

    /// <summary>Makes one encoding of <paramref name="code"/>, now and then with a prefix that makes it illegal.</summary>
    /// <returns>False where no try decoded to the code.</returns>
    public bool Next(ref Rng rng, Code code, Instance instance)
    {
        OpCodeInfo info = code.ToOpCode();
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            Emit(ref rng, info);
            if (Decode(Arena.Code) is not { } decoded || decoded.Code != code || !Acceptable(decoded))
            {
                continue;
            }

            intended = decoded.Length;
            if (rng.Percent(3) && Spoil(ref rng) is { } spoiled)
            {
                decoded = spoiled;
            }

            ulong address = decoded.Code == Code.INVALID ? Arena.Code + 512 : PickAddress(ref rng, decoded.Length);
            if (Finish(ref rng, code, address, instance))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Patches displacement and immediate so that they fit the address, and hands over.</summary>
    private bool Finish(ref Rng rng, Code code, ulong address, Instance instance)
    {
        if (Decode(address) is not { } decoded || !Acceptable(decoded))
        {
            return false;
        }

        if (decoded.Code != Code.INVALID)
        {
            ConstantOffsets offsets = decoder.GetConstantOffsets(decoded);
            Patching.Displacement(ref rng, decoded, offsets, buffer);
            Patching.Immediate(ref rng, decoded, offsets, buffer);
            decoded = Decode(address)!.Value;
        }

        // What is illegal here may be legal for a host: then it ends where the legal one would, and nothing random runs after it.
        int size = decoded.Code == Code.INVALID ? intended : decoded.Length;
        instance.Set(code, buffer.AsSpan(0, Math.Min(size, 15)), address, decoded);
        return true;
    }

    private bool Acceptable(in Instruction decoded) =>
        TestedCodes.IsSafe(decoded.Code, mode) && !UsesForeignSegment(decoded) && VendorForms.ReasonAgainst(decoded, buffer.AsSpan(0, Math.Min(length, 15))) is null;

    // In compatibility mode FS and GS are null for a 64-bit process.
    private bool UsesForeignSegment(in Instruction decoded) =>
        mode == CpuMode.Compatibility && (decoded.SegmentPrefix is Register.FS or Register.GS);

    private static ulong PickAddress(ref Rng rng, int length) => rng.Below(40) switch
    {
        0 => Arena.Code + Arena.CodeSize - (ulong)(1 + rng.Below(length)),
        1 => Arena.Code + Arena.CodeSize - (ulong)length,
        2 or 3 => Arena.Code + Arena.Page - (ulong)(1 + rng.Below(length)),
        _ => Arena.Code + 256 + (ulong)rng.Below(Arena.CodeSize - 1024),
    };

    /// <summary>Adds a prefix or turns a VEX bit; null where the result may not run.</summary>
    private Instruction? Spoil(ref Rng rng)
    {
        int old = length;
        Span<byte> keep = stackalloc byte[40];
        buffer.CopyTo(keep);
        if (buffer[0] is 0xC4 or 0xC5 && rng.Percent(50))
        {
            buffer[1 + rng.Below(2)] ^= (byte)(1 << rng.Below(8));
        }
        else
        {
            ReadOnlySpan<byte> prefixes = [0xF0, 0xF0, 0xF0, 0xF2, 0xF3, 0x66, 0x67, 0x48];
            buffer.AsSpan(0, 39).CopyTo(buffer.AsSpan(1));
            buffer[0] = prefixes[rng.Below(prefixes.Length)];
            length++;
            intended++;
        }

        if (Decode(Arena.Code) is { } decoded && Acceptable(decoded))
        {
            return decoded;
        }

        keep.CopyTo(buffer);
        intended -= length - old;
        length = old;
        return null;
    }

    private Instruction? Decode(ulong address)
    {
        buffer.AsSpan().CopyTo(trial);
        reader.Position = 0;
        decoder.IP = address;
        decoder.Decode(out Instruction decoded);
        if (decoded.Code == Code.INVALID && decoder.LastError == DecoderError.NoMoreBytes)
        {
            return null;
        }

        return decoded;
    }

    private void Emit(ref Rng rng, OpCodeInfo info)
    {
        length = 0;
        if (info.Encoding == EncodingKind.VEX)
        {
            EmitVex(ref rng, info);
        }
        else
        {
            EmitLegacy(ref rng, info);
        }

        EmitModRm(ref rng, info);
        while (length < 24)
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

    private void Add(byte value) => buffer[length++] = value;
}
