using System.Buffers.Binary;
using Iced.Intel;

namespace Guest.Machine.Hardware.Generate;

/// <summary>Makes the memory images that FXRSTOR, XRSTOR and their like load: mostly legal, some not.</summary>
internal static class SavedStates
{
    /// <summary>Fills the operand where the instruction loads or saves a state.</summary>
    public static void Shape(ref Rng rng, Case target)
    {
        switch (target.Instance.Decoded.Mnemonic)
        {
            case Mnemonic.Ldmxcsr or Mnemonic.Vldmxcsr:
                BinaryPrimitives.WriteUInt32LittleEndian(target.Poke(0), ControlRegister(ref rng));
                break;
            case Mnemonic.Fxrstor or Mnemonic.Fxrstor64:
                Legacy(ref rng, target);
                break;
            case Mnemonic.Xrstor or Mnemonic.Xrstor64:
                Legacy(ref rng, target);
                Header(ref rng, target.Poke(0)[512..576]);
                break;
            case Mnemonic.Xsave or Mnemonic.Xsave64 or Mnemonic.Xsaveopt or Mnemonic.Xsaveopt64 or Mnemonic.Xsavec or Mnemonic.Xsavec64:
                target.Poke(0)[512..576].Clear();
                break;
        }

        if (IsState(target.Instance.Decoded.Mnemonic) && rng.Percent(90) && (target.PokeAddress[0] & 63) != 0)
        {
            Align(target);
        }
    }

    private static bool IsState(Mnemonic mnemonic) => mnemonic is Mnemonic.Fxrstor or Mnemonic.Fxrstor64 or Mnemonic.Xrstor or Mnemonic.Xrstor64
        or Mnemonic.Xsave or Mnemonic.Xsave64 or Mnemonic.Xsaveopt or Mnemonic.Xsaveopt64 or Mnemonic.Xsavec or Mnemonic.Xsavec64;

    // AMD has a bit 17 (misaligned SSE), which the machine, like Intel, has not: never set here.
    private static uint ControlRegister(ref Rng rng) => rng.Percent(85) ? FloatingState.Mxcsr(ref rng) : (uint)rng.Next() & ~0x2_0000u;

    private static void Legacy(ref Rng rng, Case target)
    {
        CpuSnapshot other = default;
        FloatingState.Stack(ref rng, ref other, target.Instance, first: true);
        Span<byte> image = target.Poke(0);
        for (int i = 0; i < 20; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(image[(8 * i)..], other.Xsave[i]);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(image[24..], ControlRegister(ref rng));
        BinaryPrimitives.WriteUInt32LittleEndian(image[28..], 0xFFFF);
    }

    private static void Header(ref Rng rng, Span<byte> header)
    {
        header.Clear();
        header[0] = (byte)(rng.Percent(50) ? 7 : rng.Below(8));
        if (rng.Percent(40))
        {
            // Compacted: where there are components 0 to 2 only, both formats have the same layout.
            header[8] = (byte)(header[0] | rng.Below(8));
            header[15] = 0x80;
        }

        if (rng.Percent(4))
        {
            header[rng.Below(24)] |= (byte)(1 << rng.Below(8));
            (header[0], header[8]) = ((byte)(header[0] & 7), (byte)(header[8] & 7)); // the host has components that the machine has not
            (header[1], header[9]) = ((byte)(header[1] & 0xFC), (byte)(header[9] & 0xFC));
        }
    }

    /// <summary>Moves the base register so that the operand is aligned, where one register alone makes the address.</summary>
    private static void Align(Case target)
    {
        UsedMemory memory = target.Instance.Memory[0];
        int register = RegisterPlaces.Number(memory.Base);
        if (register > 0 && register != 2 && memory.Index == Register.None)
        {
            target.State.Gpr[register] -= target.PokeAddress[0] & 63;
            target.PokeAddress[0] = Effective.Address(target.State, memory);
        }
    }
}
