using Iced.Intel;

namespace Guest.Machine.X86.Translate;

/// <summary>
/// Instructions that a vCPU beside others may execute without the gate where nothing else stands against it: those that make at most one store, checked
/// before anything changes, and whose effects are all in registers and that store.
/// </summary>
internal static class AloneForms
{
    private static readonly bool[] ByCode = Build();

    /// <summary>Whether it is one of them.</summary>
    internal static bool May(Code code) => ByCode[(int)code];

    private static bool[] Build()
    {
        var may = new bool[Enum.GetValues<Code>().Max(code => (int)code) + 1];
        foreach (Code code in Enum.GetValues<Code>())
        {
            may[(int)code] = May(code.Mnemonic(), code);
        }

        return may;
    }

    private static bool May(Mnemonic mnemonic, Code code) => mnemonic switch
    {
        Mnemonic.Mov => code.ToString() is var name && !name.Contains("Sreg", StringComparison.Ordinal) && !name.Contains("_dr", StringComparison.Ordinal) && !name.StartsWith("Mov_cr", StringComparison.Ordinal),
        Mnemonic.Movzx or Mnemonic.Movsx or Mnemonic.Movsxd or Mnemonic.Lea or Mnemonic.Push or Mnemonic.Pop or Mnemonic.Nop => true,
        Mnemonic.Add or Mnemonic.Adc or Mnemonic.Sub or Mnemonic.Sbb or Mnemonic.And or Mnemonic.Or or Mnemonic.Xor or Mnemonic.Cmp or Mnemonic.Test => true,
        Mnemonic.Inc or Mnemonic.Dec or Mnemonic.Neg or Mnemonic.Not or Mnemonic.Xchg or Mnemonic.Cmpxchg or Mnemonic.Xadd => true,
        Mnemonic.Shl or Mnemonic.Shr or Mnemonic.Sar or Mnemonic.Rol or Mnemonic.Ror or Mnemonic.Imul or Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr or Mnemonic.Btc => true,
        Mnemonic.Jmp or Mnemonic.Call => code.ToString().Contains("_rel", StringComparison.Ordinal) || code is Code.Jmp_rm64 or Code.Call_rm64,
        Mnemonic.Ret => code is Code.Retnq or Code.Retnq_imm16,
        Mnemonic.Iretq or Mnemonic.Syscall or Mnemonic.Sysretq or Mnemonic.Cpuid or Mnemonic.Rdfsbase or Mnemonic.Wrfsbase or Mnemonic.Rdgsbase or Mnemonic.Wrgsbase => true,
        Mnemonic.Ldmxcsr or Mnemonic.Popfq or Mnemonic.Pushfq or Mnemonic.Invlpg or Mnemonic.Xgetbv or Mnemonic.Movups or Mnemonic.Movaps or Mnemonic.Movdqu or Mnemonic.Movdqa => true,
        _ => code.IsJccShortOrNear() || (mnemonic.ToString() is var other && (other.StartsWith("Set", StringComparison.Ordinal) || other.StartsWith("Cmov", StringComparison.Ordinal))),
    };
}
