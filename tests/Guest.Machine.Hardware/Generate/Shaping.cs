using System.Buffers.Binary;
using Iced.Intel;

namespace Guest.Machine.Hardware.Generate;

/// <summary>Gives operands of particular instructions the values at which something happens, or at which nothing dangerous does.</summary>
internal static class Shaping
{
    private const int Rax = 0, Rcx = 1, Rdx = 2;

    /// <summary>Whether the instruction repeats with a count register.</summary>
    public static bool Repeats(in Instruction decoded) => decoded.IsStringInstruction && (decoded.HasRepPrefix || decoded.HasRepnePrefix);

    /// <summary>The registers that have a shape, which addresses must not overwrite.</summary>
    public static uint Taken(Instance instance)
    {
        ref readonly Instruction decoded = ref instance.Decoded;
        if (Repeats(decoded))
        {
            return 1u << Rcx;
        }

        if (IsBitString(decoded))
        {
            return 1u << RegisterPlaces.Number(decoded.Op1Register);
        }

        return IsXsave(decoded) ? (1u << Rax) | (1u << Rdx) : 0;
    }

    /// <summary>Values before addresses are chosen.</summary>
    public static void Registers(ref Rng rng, ref CpuSnapshot state, Instance instance)
    {
        ref readonly Instruction decoded = ref instance.Decoded;
        if (Repeats(decoded))
        {
            ulong count = (ulong)rng.Below(rng.Percent(5) ? 600 : rng.Percent(20) ? 60 : 6);
            bool narrow = decoded.Op0Kind is OpKind.MemoryESEDI or OpKind.MemorySegESI || decoded.Op1Kind is OpKind.MemoryESEDI or OpKind.MemorySegESI;
            state.Gpr[Rcx] = narrow ? (rng.Next() << 32) | count : count;
        }
        else if (IsBitString(decoded))
        {
            int register = RegisterPlaces.Number(decoded.Op1Register);
            ulong offset = (ulong)(long)(rng.Below(rng.Percent(20) ? 40000 : 600) - rng.Below(rng.Percent(20) ? 40000 : 300));
            state.Gpr[register] = decoded.Op1Register.GetSize() switch
            {
                2 => (state.Gpr[register] & ~0xFFFFUL) | (ushort)offset,
                4 => (state.Gpr[register] & ~0xFFFF_FFFFUL) | (uint)offset,
                _ => offset,
            };
        }
        else
        {
            ByMnemonic(ref rng, ref state, decoded);
        }
    }

    /// <summary>Values after addresses are chosen, in registers those left free.</summary>
    public static void AfterAddresses(ref Rng rng, ref CpuSnapshot state, Instance instance, uint taken)
    {
        ref readonly Instruction decoded = ref instance.Decoded;
        bool indirect = decoded.FlowControl is FlowControl.IndirectBranch or FlowControl.IndirectCall;
        if (indirect && decoded.Op0Kind == OpKind.Register)
        {
            int register = RegisterPlaces.Number(decoded.Op0Register);
            if ((taken & (1u << register)) == 0)
            {
                state.Gpr[register] = SafeTarget(ref rng, instance);
            }
        }
    }

    /// <summary>How far beyond its address an access may fall, either way.</summary>
    public static ulong Reach(in CpuSnapshot state, Instance instance, in UsedMemory memory)
    {
        ref readonly Instruction decoded = ref instance.Decoded;
        if (Repeats(decoded))
        {
            return (ulong)(uint)state.Gpr[Rcx] * 8;
        }

        if (IsBitString(decoded))
        {
            ulong value = RegisterPlaces.Read(state, decoded.Op1Register);
            long offset = decoded.Op1Register.GetSize() switch { 2 => (short)value, 4 => (int)value, _ => (long)value };
            return (ulong)(Math.Abs(offset) / 8) + 8;
        }

        return decoded.Mnemonic == Mnemonic.Enter ? 512UL : 0;
    }

    /// <summary>Contents of memory operands.</summary>
    /// <returns>False where the case must not run.</returns>
    public static bool Contents(ref Rng rng, Case target)
    {
        ref readonly Instruction decoded = ref target.Instance.Decoded;
        switch (decoded.Mnemonic)
        {
            case Mnemonic.Jmp or Mnemonic.Call or Mnemonic.Ret:
                return BranchTargets(ref rng, target);
            case Mnemonic.Popf or Mnemonic.Popfd or Mnemonic.Popfq:
                // The trap flag would stop behind the next instruction, which is the runner's.
                target.PokeBytes[1] &= 0xFE;
                return target.Pokes == 1;
            case Mnemonic.Cmpxchg or Mnemonic.Cmpxchg8b or Mnemonic.Cmpxchg16b:
                Compared(ref rng, target);
                return true;
            default:
                SavedStates.Shape(ref rng, target);
                return true;
        }
    }

    /// <summary>Whether the operand of a bit test is a string of bits in memory.</summary>
    public static bool IsBitString(in Instruction decoded) => decoded.Op0Kind == OpKind.Memory && decoded.Op1Kind == OpKind.Register
        && decoded.Mnemonic is Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr or Mnemonic.Btc;

    private static bool IsXsave(in Instruction decoded) => decoded.Mnemonic is Mnemonic.Xsave or Mnemonic.Xsave64 or Mnemonic.Xsaveopt
        or Mnemonic.Xsaveopt64 or Mnemonic.Xsavec or Mnemonic.Xsavec64 or Mnemonic.Xrstor or Mnemonic.Xrstor64;

    private static void ByMnemonic(ref Rng rng, ref CpuSnapshot state, in Instruction decoded)
    {
        switch (decoded.Mnemonic)
        {
            case Mnemonic.Div or Mnemonic.Idiv when rng.Percent(70):
                Dividend(ref rng, ref state, decoded.Mnemonic == Mnemonic.Idiv);
                break;
            case Mnemonic.Pcmpestri or Mnemonic.Pcmpestrm or Mnemonic.Pcmpestri64 or Mnemonic.Pcmpestrm64
                or Mnemonic.Vpcmpestri or Mnemonic.Vpcmpestrm or Mnemonic.Vpcmpestri64 or Mnemonic.Vpcmpestrm64 when rng.Percent(70):
                state.Gpr[Rax] = (ulong)(rng.Below(44) - 22);
                state.Gpr[Rdx] = (ulong)(rng.Below(44) - 22);
                break;
            case Mnemonic.Wrgsbase when rng.Percent(50):
                state.Gpr[RegisterPlaces.Number(decoded.Op0Register)] &= 0x7FFF_FFFF_FFFF;
                break;
            default:
                if (IsXsave(decoded))
                {
                    state.Gpr[Rax] = (state.Gpr[Rax] & 0xFFFF_FFFF_0000_0000) | (rng.Percent(50) ? 7 : rng.Next() & 7);
                    state.Gpr[Rdx] &= 0xFFFF_FFFF_0000_0000;
                }

                break;
        }
    }

    // Quotients that fit: the upper half smaller than most divisors.
    private static void Dividend(ref Rng rng, ref CpuSnapshot state, bool signed)
    {
        ulong sign = signed && rng.Percent(50) ? ulong.MaxValue : 0;
        state.Gpr[Rdx] = sign ^ (rng.Percent(50) ? 0 : rng.Next() >> (8 + rng.Below(56)));
        if (rng.Percent(50))
        {
            ulong high = (sign ^ (ulong)rng.Below(16)) & 0xFF;
            state.Gpr[Rax] = (state.Gpr[Rax] & ~0xFF00UL) | (high << 8);
        }
    }

    private static ulong SafeTarget(ref Rng rng, Instance instance)
    {
        while (true)
        {
            ulong value = AddressPicker.Target(ref rng, canonicalOnly: instance.Decoded.CodeSize != CodeSize.Code64);
            if (value + 32 <= instance.Address || value >= instance.Address + 32)
            {
                return value;
            }
        }
    }

    private static bool BranchTargets(ref Rng rng, Case target)
    {
        if (target.Instance.Decoded.Op0Kind is OpKind.NearBranch64 or OpKind.NearBranch32 or OpKind.NearBranch16)
        {
            return true;
        }

        ulong value = SafeTarget(ref rng, target.Instance);
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        for (int i = 0; i < target.Pokes; i++)
        {
            if (target.PokeSize[i] is not (2 or 4 or 8))
            {
                return false;
            }

            bytes[..target.PokeSize[i]].CopyTo(target.Poke(i));
            ulong other = target.PokeAddress[i] - target.PokeAddress[0];
            if (i > 0 && other != 0 && other + 7 < 15)
            {
                return false;
            }
        }

        return true;
    }

    private static void Compared(ref Rng rng, Case target)
    {
        if (rng.Percent(40))
        {
            return;
        }

        ref CpuSnapshot state = ref target.State;
        if (target.Pokes == 0)
        {
            int register = RegisterPlaces.Number(target.Instance.Decoded.Op0Register);
            state.Gpr[register] = state.Gpr[Rax];
            return;
        }

        Span<byte> bytes = target.Poke(0);
        Span<byte> wanted = stackalloc byte[16];
        bool pair = target.Instance.Decoded.Mnemonic != Mnemonic.Cmpxchg;
        int half = pair ? bytes.Length / 2 : bytes.Length;
        BinaryPrimitives.WriteUInt64LittleEndian(wanted, state.Gpr[Rax]);
        BinaryPrimitives.WriteUInt64LittleEndian(wanted[half..], state.Gpr[Rdx]);
        wanted[..bytes.Length].CopyTo(bytes);
    }
}
