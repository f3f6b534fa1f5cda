using Iced.Intel;

namespace Guest.Machine.Hardware.Compare;

/// <summary>What the manual leaves undefined for an instruction with its operands (Intel SDM 2; AMD APM 3).</summary>
public static class Undefined
{
    private const ulong Cf = 1, Pf = 4, Af = 0x10, Zf = 0x40, Sf = 0x80, Of = 0x800;

    /// <summary>The status flags of which nothing is promised.</summary>
    public static ulong Flags(in Instruction decoded, in CpuSnapshot before) => decoded.Mnemonic switch
    {
        Mnemonic.Shl or Mnemonic.Sal or Mnemonic.Shr or Mnemonic.Sar => Shift(decoded, before),
        Mnemonic.Rol or Mnemonic.Ror or Mnemonic.Rcl or Mnemonic.Rcr => Rotate(decoded, before),
        Mnemonic.Shld or Mnemonic.Shrd => DoubleShift(decoded, before),
        _ => Translate(decoded.RflagsUndefined),
    };

    /// <summary>Whether a completed instruction's results are of no use for a comparison: they are ours to define.</summary>
    public static bool Results(in Instruction decoded, in CpuSnapshot before) =>
        decoded.Mnemonic is Mnemonic.Shld or Mnemonic.Shrd && Count(decoded, before, 2) > Width(decoded);

    private static ulong Shift(in Instruction decoded, in CpuSnapshot before)
    {
        int count = Count(decoded, before, 1);
        ulong undefined = count == 0 ? 0 : count == 1 ? Af : Af | Of;
        bool carry = decoded.Mnemonic != Mnemonic.Sar && count >= Width(decoded);
        return undefined | (carry ? Cf : 0);
    }

    private static ulong Rotate(in Instruction decoded, in CpuSnapshot before) => Count(decoded, before, 1) <= 1 ? 0 : Of;

    private static ulong DoubleShift(in Instruction decoded, in CpuSnapshot before)
    {
        int count = Count(decoded, before, 2);
        return count == 0 ? 0 : count == 1 ? Af : count > Width(decoded) ? Cf | Pf | Af | Zf | Sf | Of : Af | Of;
    }

    private static int Count(in Instruction decoded, in CpuSnapshot before, int operand)
    {
        uint count = decoded.GetOpKind(operand) == OpKind.Register ? (byte)before.Gpr[1] : (uint)decoded.GetImmediate(operand);
        return (int)(count & (Width(decoded) == 64 ? 63u : 31u));
    }

    private static int Width(in Instruction decoded) => 8 * (decoded.Op0Kind == OpKind.Register
        ? decoded.Op0Register.GetSize() : decoded.MemorySize.GetSize());

    private static ulong Translate(RflagsBits bits)
    {
        ulong flags = 0;
        flags |= (bits & RflagsBits.CF) != 0 ? Cf : 0;
        flags |= (bits & RflagsBits.PF) != 0 ? Pf : 0;
        flags |= (bits & RflagsBits.AF) != 0 ? Af : 0;
        flags |= (bits & RflagsBits.ZF) != 0 ? Zf : 0;
        flags |= (bits & RflagsBits.SF) != 0 ? Sf : 0;
        flags |= (bits & RflagsBits.OF) != 0 ? Of : 0;
        return flags;
    }
}
