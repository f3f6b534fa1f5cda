using Guest.Machine.Native;
using Iced.Intel;

namespace Guest.Machine.X86.Translate.Decode;

/// <summary>Decodes 64-bit code of one page.</summary>
internal sealed class InstructionReader
{
    private const int Longest = 15;
    private readonly PageCodeReader _bytes = new();
    private readonly byte[] _crossing = GC.AllocateArray<byte>(Longest + 1, pinned: true);
    private readonly Decoder _decoder;
    private readonly CodeForms _forms;

    internal InstructionReader(CpuModel model)
    {
        _decoder = Decoder.Create(64, _bytes);
        _forms = new CodeForms(model);
    }

    /// <summary>Decodes the instruction at an offset of a page.</summary>
    /// <returns>False where it does not end inside the page.</returns>
    internal bool TryRead(nint hostPage, int offset, out GuestInstruction read)
    {
        return TryRead(hostPage + offset, 0x1000 - offset, offset, out read);
    }

    /// <summary>Decodes the instruction at an offset of a page that goes on in another one.</summary>
    internal void ReadCrossing(nint hostPage, int offset, nint hostNext, out GuestInstruction read)
    {
        int first = 0x1000 - offset;
        Raw.Span(hostPage + offset, first).CopyTo(_crossing);
        Raw.Span(hostNext, Longest - first).CopyTo(_crossing.AsSpan(first));
        _ = TryRead(Raw.AddressOf(ref _crossing[0]), Longest, offset, out read);
    }

    private bool TryRead(nint bytes, int length, int offset, out GuestInstruction read)
    {
        _bytes.Set(bytes, length);
        _decoder.IP = (ulong)offset;
        read = default;
        read.Offset = offset;
        _decoder.Decode(out read.Decoded);
        read.Length = read.Decoded.Length;
        if (read.Decoded.IsInvalid && _decoder.LastError == DecoderError.NoMoreBytes)
        {
            return false;
        }

        read.Form = _forms.Of(read.Decoded);
        if (read.Kind != EmitKind.Interpret)
        {
            ReadEncoding(bytes, ref read);
        }

        return true;
    }

    private void ReadEncoding(nint bytes, ref GuestInstruction read)
    {
        int at = SkipPrefixes(bytes, out int rex);
        int opcode = Raw.Load<byte>(bytes + at);
        bool vex = opcode is 0xC4 or 0xC5 && read.Form.IsVex;
        if (vex)
        {
            at = ReadVex(bytes, at, ref read, out rex);
        }
        else
        {
            read.HasRex = rex != 0;
            read.Wide = (rex & 8) != 0;
            at = ReadMap(bytes, at, ref read);
        }

        read.Opcode = Raw.Load<byte>(bytes + at);
        ReadModRm(Raw.Load<byte>(bytes + at + 1), rex, ref read);
        ConstantOffsets offsets = _decoder.GetConstantOffsets(read.Decoded);
        int immediate = read.Form.EndsWithRegister ? read.Length - 1 : offsets.HasImmediate ? offsets.ImmediateOffset : read.Length;
        read.ImmediateLength = (byte)(read.Length - immediate);
        read.ImmediateBytes = Immediate(bytes + immediate, read.ImmediateLength);

        ReadMemory(ref read);
    }

    private static ulong Immediate(nint bytes, int length)
    {
        ulong value = 0;
        for (int i = 0; i < length; i++)
        {
            value |= (ulong)Raw.Load<byte>(bytes + i) << (8 * i);
        }

        return value;
    }

    private static int SkipPrefixes(nint bytes, out int rex)
    {
        int at = 0;
        rex = 0;
        while (true)
        {
            byte value = Raw.Load<byte>(bytes + at);
            if ((value & 0xF0) == 0x40)
            {
                rex = value;
            }
            else if (value is 0x66 or 0x67 or 0xF0 or 0xF2 or 0xF3 or 0x2E or 0x36 or 0x3E or 0x26 or 0x64 or 0x65)
            {
                rex = 0;
            }
            else
            {
                return at;
            }

            at++;
        }
    }

    private static int ReadMap(nint bytes, int at, ref GuestInstruction read)
    {
        if (Raw.Load<byte>(bytes + at) != 0x0F)
        {
            return at;
        }

        byte second = Raw.Load<byte>(bytes + at + 1);
        read.Map = second switch { 0x38 => 2, 0x3A => 3, _ => 1 };
        return read.Map == 1 ? at + 1 : at + 2;
    }

    // The R, X and B bits come back as in a REX prefix.
    private static int ReadVex(nint bytes, int at, ref GuestInstruction read, out int rex)
    {
        byte first = Raw.Load<byte>(bytes + at + 1);
        bool longForm = Raw.Load<byte>(bytes + at) == 0xC4;
        byte last = longForm ? Raw.Load<byte>(bytes + at + 2) : first;
        int inverted = ~first;
        rex = 0x40 | ((inverted >> 5) & 4) | (longForm ? (inverted >> 5) & 3 : 0);
        read.HasRex = true;
        read.Map = longForm ? (byte)(first & 31) : (byte)1;
        read.Wide = longForm && (last & 0x80) != 0;
        read.Long = (last & 4) != 0;
        read.Vvvv = (byte)((~last >> 3) & 15);
        return at + (longForm ? 3 : 2);
    }

    // Where there is no ModRM byte these fields mean nothing, except the opcode's own register.
    private static void ReadModRm(byte modRm, int rex, ref GuestInstruction read)
    {
        read.Reg = (byte)(((modRm >> 3) & 7) | ((rex & 4) << 1));
        bool inOpcode = read.Kind is EmitKind.MoveImmediate or EmitKind.ByteSwap or EmitKind.ExchangeAccumulator
            || (read.Kind is EmitKind.Push or EmitKind.Pop or EmitKind.PushOther or EmitKind.PopNarrow && read.Map == 0 && read.Opcode is >= 0x50 and < 0x60);
        read.Rm = (byte)(((inOpcode ? read.Opcode : modRm) & 7) | ((rex & 1) << 3));
    }

    private static void ReadMemory(ref GuestInstruction read)
    {
        (read.Base, read.Index, read.Segment) = (-1, -1, SegmentName.Ds);
        read.HasMemory = FormTable.HasMemory(read.Decoded);
        read.Segment = read.Decoded.SegmentPrefix switch { Register.FS => SegmentName.Fs, Register.GS => SegmentName.Gs, _ => SegmentName.Ds };
        if (!read.HasMemory)
        {
            return;
        }

        ref Instruction decoded = ref read.Decoded;
        Register baseRegister = decoded.MemoryBase;
        Register index = decoded.MemoryIndex;
        read.MemorySize = decoded.MemorySize.GetSize();
        read.Displacement = (long)decoded.MemoryDisplacement64;
        read.FromRip = baseRegister is Register.RIP or Register.EIP;
        read.Cut = baseRegister == Register.EIP || baseRegister.IsGPR32() || index.IsGPR32() || (baseRegister == Register.None && !index.IsGPR() && decoded.MemoryDisplSize == 4);
        read.Base = baseRegister.IsGPR() ? (sbyte)baseRegister.GetNumber() : (sbyte)-1;
        read.Index = index.IsGPR() ? (sbyte)index.GetNumber() : (sbyte)-1;
        read.Scale = (byte)System.Numerics.BitOperations.Log2((uint)decoded.MemoryIndexScale);
    }
}
