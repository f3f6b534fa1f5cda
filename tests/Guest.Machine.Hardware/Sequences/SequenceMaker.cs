using System.Buffers.Binary;
using Guest.Machine.Hardware.Generate;
using Iced.Intel;

namespace Guest.Machine.Hardware.Sequences;

/// <summary>Makes random sequences of instructions, and states to run them from.</summary>
internal sealed class SequenceMaker
{
    private const int MostInstructions = 12;
    private const int MostBytes = 1024;

    // Integer instructions, in which the translator has most to do itself.
    private static readonly Code[] integer = [.. TestedCodes.All(CpuMode.Long).Where(code => IsInteger(code.Mnemonic()))];
    private static readonly Code[] all = [.. TestedCodes.All(CpuMode.Long)];
    private readonly InstanceGenerator instances = new(CpuMode.Long);
    private readonly Instance instance = new();
    private readonly FieldAccesses fields = new();
    private readonly byte[] code = new byte[MostBytes + 32];

    // Jumps forwards: where the displacement stands, and before which instruction they lead.
    private readonly List<(int Place, int To)> jumps = [];
    private int length;

    /// <summary>Where the sequence begins.</summary>
    public ulong Start { get; private set; }

    /// <summary>Its bytes; breakpoints follow.</summary>
    public ReadOnlySpan<byte> Code => code.AsSpan(0, length);

    private ulong Here => Start + (ulong)length;

    /// <summary>Makes a sequence: up to twelve instructions, most accesses led to where they may, and an end.</summary>
    public void Make(ref Rng rng)
    {
        Start = rng.Percent(70) ? Arena.Code + 256 + (ulong)rng.Below(Arena.CodeSize - 2048) : Arena.Code + Arena.Page - (ulong)rng.Below(160);
        length = 0;
        jumps.Clear();
        for (int left = 1 + rng.Below(MostInstructions); left > 0 && length < MostBytes - 128; left--)
        {
            Land(left);
            if (rng.Percent(12))
            {
                JumpAhead(ref rng, left);
                continue;
            }

            if (rng.Percent(10))
            {
                AddFields(ref rng);
                continue;
            }

            Code[] from = rng.Percent(85) ? integer : all;
            if (instances.NextAt(ref rng, from[rng.Below(from.Length)], Here, instance))
            {
                Add(ref rng);
            }
        }

        Land(0);
        End(ref rng);
    }

    /// <summary>Makes the registers to begin with.</summary>
    public CpuSnapshot MakeState(ref Rng rng)
    {
        CpuSnapshot state = Vectors.StateText.Plain;
        state.Rip = Start;
        state.FsBase = Base(ref rng);
        state.GsBase = Base(ref rng);
        state.Rflags = 0x202 | (rng.Next() & 0x8D5) | (rng.Percent(10) ? 0x400UL : 0) | (rng.Percent(3) ? 0x4_0000UL : 0);
        for (int r = 0; r < 16; r++)
        {
            state.Gpr[r] = rng.Percent(r == 4 ? 90 : 30) ? AddressPicker.Pick(ref rng, 8) : Values.General(ref rng);
            for (int quad = 0; quad < 2; quad++)
            {
                state.XmmLow(r)[quad] = Values.Quadword(ref rng, (Values.Lanes)rng.Below(8));
                state.YmmHigh(r)[quad] = Values.Quadword(ref rng, (Values.Lanes)rng.Below(8));
            }
        }

        state.Mxcsr = FloatingState.Mxcsr(ref rng);
        return state;
    }

    private static ulong Base(ref Rng rng) => rng.Percent(60) ? 0 : rng.Next() & 0x0FFF_FFFF;

    private static bool IsInteger(Mnemonic mnemonic) => mnemonic is Mnemonic.Add or Mnemonic.Adc or Mnemonic.Sub or Mnemonic.Sbb or Mnemonic.And or Mnemonic.Or or Mnemonic.Xor
        or Mnemonic.Cmp or Mnemonic.Test or Mnemonic.Inc or Mnemonic.Dec or Mnemonic.Neg or Mnemonic.Not or Mnemonic.Mov or Mnemonic.Movzx or Mnemonic.Movsx or Mnemonic.Movsxd
        or Mnemonic.Lea or Mnemonic.Xchg or Mnemonic.Xadd or Mnemonic.Cmpxchg or Mnemonic.Cmpxchg8b or Mnemonic.Cmpxchg16b or Mnemonic.Bswap or Mnemonic.Movbe
        or Mnemonic.Shl or Mnemonic.Shr or Mnemonic.Sar or Mnemonic.Sal or Mnemonic.Rol or Mnemonic.Ror or Mnemonic.Shld or Mnemonic.Shrd
        or Mnemonic.Mul or Mnemonic.Imul or Mnemonic.Div or Mnemonic.Idiv or Mnemonic.Mulx or Mnemonic.Bsf or Mnemonic.Bsr or Mnemonic.Tzcnt or Mnemonic.Lzcnt or Mnemonic.Popcnt
        or Mnemonic.Andn or Mnemonic.Bextr or Mnemonic.Blsi or Mnemonic.Blsmsk or Mnemonic.Blsr or Mnemonic.Bzhi or Mnemonic.Pdep or Mnemonic.Pext or Mnemonic.Rorx
        or Mnemonic.Sarx or Mnemonic.Shlx or Mnemonic.Shrx or Mnemonic.Adcx or Mnemonic.Adox or Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr or Mnemonic.Btc
        or Mnemonic.Clc or Mnemonic.Stc or Mnemonic.Cmc or Mnemonic.Cld or Mnemonic.Std or Mnemonic.Lahf or Mnemonic.Sahf or Mnemonic.Pushfq or Mnemonic.Push or Mnemonic.Pop
        or Mnemonic.Leave or Mnemonic.Cbw or Mnemonic.Cwde or Mnemonic.Cdqe or Mnemonic.Cwd or Mnemonic.Cdq or Mnemonic.Cqo or Mnemonic.Nop
        || (mnemonic.ToString() is var name && (name.StartsWith("Set", StringComparison.Ordinal) || name.StartsWith("Cmov", StringComparison.Ordinal)));

    // The instruction, and before it (not always) moves of what its address needs: they leave the flags alone.
    private void Add(ref Rng rng)
    {
        if (rng.Percent(80) && instance.Memory.Count != 0)
        {
            Lead(ref rng);
            if (instance.Decoded.IsIPRelativeMemoryOperand && !instances.Again(ref rng, Here, instance))
            {
                return;
            }
        }

        Append(instance.Bytes.AsSpan(0, instance.Length));
    }

    // Accesses through a register that is led to where they may, and often so that a page ends among them.
    private void AddFields(ref Rng rng)
    {
        int start = rng.Below(16);
        ulong target = rng.Percent(30) ? Arena.Data + Arena.Page - (ulong)rng.Below(256) : AddressPicker.Pick(ref rng, 8);
        if (rng.Percent(90))
        {
            MoveTo(start, target);
        }

        Append(fields.Make(ref rng, start));
    }

    // A conditional jump over some of the instructions to come, in either form.
    private void JumpAhead(ref Rng rng, int left)
    {
        byte condition = (byte)rng.Below(16);
        bool near = rng.Percent(50);
        Append(near ? [0x0F, (byte)(0x80 | condition), 0, 0, 0, 0] : [(byte)(0x70 | condition), 0]);
        jumps.Add((near ? length - 4 : length - 1, Math.Max(0, left - 1 - rng.Below(5))));
    }

    // Lets the jumps lead here that do not go further; a short one as far as it reaches.
    private void Land(int left)
    {
        for (int i = jumps.Count - 1; i >= 0; i--)
        {
            (int place, int to) = jumps[i];
            if (to < left)
            {
                continue;
            }

            if (code[place - 1] is >= 0x70 and <= 0x7F)
            {
                code[place] = length - place - 1 <= sbyte.MaxValue ? (byte)(length - place - 1) : (byte)0;
            }
            else
            {
                BinaryPrimitives.WriteInt32LittleEndian(code.AsSpan(place), length - place - 4);
            }

            jumps.RemoveAt(i);
        }
    }

    private void Lead(ref Rng rng)
    {
        foreach (UsedMemory memory in instance.Memory)
        {
            int index = memory.VsibSize == 0 ? RegisterPlaces.Number(memory.Index) : -1;
            int start = RegisterPlaces.Number(memory.Base);
            ulong number = (ulong)rng.Below(64);
            if (index >= 0 && index != start)
            {
                MoveTo(index, number);
            }

            if (start >= 0 && index != start)
            {
                ulong target = AddressPicker.Pick(ref rng, StateGenerator.SizeOf(memory));
                MoveTo(start, target - memory.Displacement - (index >= 0 ? number * (ulong)memory.Scale : 0));
            }
        }

        if (Shaping.IsBitString(instance.Decoded) && rng.Percent(80))
        {
            MoveTo(RegisterPlaces.Number(instance.Decoded.Op1Register), (ulong)(rng.Below(2048) - 1024));
        }
    }

    private void End(ref Rng rng)
    {
        switch (rng.Below(8))
        {
            case < 3:
                break;
            case 3 or 4:
                Jump(0xE9);
                break;
            case 5:
                Compare(ref rng);
                Append([0x0F]);
                Jump((byte)(0x80 | rng.Below(16)));
                break;
            case 6:
                Jump(0xE8);
                break;
            default:
                // push start; ret
                Append([0x68, (byte)Start, (byte)(Start >> 8), (byte)(Start >> 16), (byte)(Start >> 24), 0xC3]);
                break;
        }
    }

    // What a loop often ends with: flags of registers.
    private void Compare(ref Rng rng)
    {
        int left = rng.Below(16), right = rng.Below(16);
        bool wide = rng.Percent(60);
        byte prefix = (byte)(0x40 | (wide ? 8 : 0) | (right >> 3 << 2) | (left >> 3));
        byte registers = (byte)(0xC0 | ((right & 7) << 3) | (left & 7));
        switch (rng.Below(8))
        {
            case < 3:
                break;
            case 3:
                Append([prefix, (byte)(rng.Percent(50) ? 0x39 : 0x38), registers]); // cmp
                break;
            case 4:
                Append([prefix, (byte)(rng.Percent(50) ? 0x29 : 0x2B), registers]); // sub
                break;
            case 5:
                Append([prefix, (byte)(rng.Percent(50) ? 0x01 : 0x03), registers]); // add
                break;
            case 6:
                Append([(byte)(prefix & ~4), 0x83, (byte)(0xC0 | (rng.Percent(50) ? 0x28 : 0) | (left & 7)), (byte)rng.Next()]); // sub, add of a constant
                break;
            default:
                Append([prefix, 0x85, registers]); // test
                break;
        }
    }

    private void Jump(byte opcode)
    {
        Span<byte> bytes = [opcode, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32LittleEndian(bytes[1..], (int)(Start - (Here + 5)));
        Append(bytes);
    }

    private void MoveTo(int register, ulong value)
    {
        Span<byte> bytes = stackalloc byte[10];
        bytes[0] = (byte)(0x48 | (register >> 3));
        bytes[1] = (byte)(0xB8 | (register & 7));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[2..], value);
        Append(bytes);
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(code.AsSpan(length));
        length += bytes.Length;
    }
}
