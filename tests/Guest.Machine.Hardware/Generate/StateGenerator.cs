using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Iced.Intel;

namespace Guest.Machine.Hardware.Generate;

/// <summary>Makes the register and memory contents of a case, so that its accesses stay in the arena or fault.</summary>
public sealed class StateGenerator(ulong fsBase)
{
    /// <summary>Fills <see cref="Case.State"/> and the memory contents.</summary>
    /// <param name="rng">The source of everything random.</param>
    /// <param name="target">The case, whose instruction is set.</param>
    /// <param name="first">Whether this is the instruction's first case; later ones keep state that it does not use.</param>
    /// <returns>False where the case could touch memory outside the arena and must not run.</returns>
    public bool Next(ref Rng rng, Case target, bool first)
    {
        ref CpuSnapshot state = ref target.State;
        Instance instance = target.Instance;
        state.Rip = instance.Address;
        state.FsBase = fsBase;
        state.GsBase = rng.Percent(70) ? 0 : rng.Next() & 0x0FFF_FFFF;
        state.Rflags = 0x202 | (rng.Next() & 0x8D5) | (rng.Percent(15) ? 0x400UL : 0) | (rng.Percent(3) ? 0x4_0000UL : 0)
            | (rng.Percent(2) ? 0x20_4000UL : 0);
        for (int r = 0; r < 16; r++)
        {
            state.Gpr[r] = Values.General(ref rng);
        }

        FloatingState.Vectors(ref rng, ref state, instance, first);
        FloatingState.Stack(ref rng, ref state, instance, first);
        Shaping.Registers(ref rng, ref state, instance);
        target.Pokes = 0;
        if (!Is64(instance))
        {
            state.GsBase = 0;
            state.CutTo32Bits();
        }

        return Place(ref rng, target);
    }

    private static bool Place(ref Rng rng, Case target)
    {
        Instance instance = target.Instance;
        uint taken = Shaping.Taken(instance);
        foreach (ref readonly UsedMemory memory in CollectionsMarshal.AsSpan(instance.Memory))
        {
            Effective.Solve(ref rng, ref target.State, ref taken, memory, AddressPicker.Pick(ref rng, SizeOf(memory)));
        }

        Shaping.AfterAddresses(ref rng, ref target.State, instance, taken);
        if (!Is64(instance))
        {
            target.State.CutTo32Bits();
        }

        foreach (ref readonly UsedMemory memory in CollectionsMarshal.AsSpan(instance.Memory))
        {
            if (!Fill(ref rng, target, memory))
            {
                return false;
            }
        }

        return Shaping.Contents(ref rng, target);
    }

    private static bool Fill(ref Rng rng, Case target, in UsedMemory memory)
    {
        int size = SizeOf(memory);
        for (int element = 0; element < Effective.Elements(memory); element++)
        {
            ulong address = Effective.Address(target.State, memory, element);
            ulong reach = Shaping.Reach(target.State, target.Instance, memory);
            bool wide = Is64(target.Instance);
            if (!IsHarmless(address - reach, size, wide) || !IsHarmless(address + reach, size, wide))
            {
                return false;
            }

            if (element == 0 && target.Pokes < Case.MaxPokes)
            {
                Add(ref rng, target, address, size);
            }
        }

        return true;
    }

    private static void Add(ref Rng rng, Case target, ulong address, int size)
    {
        target.PokeAddress[target.Pokes] = address;
        target.PokeSize[target.Pokes] = size;
        Span<byte> bytes = target.Poke(target.Pokes++);
        Values.Lanes lanes = rng.Percent(80) ? target.Instance.Preferred : (Values.Lanes)rng.Below(8);
        Span<byte> quad = stackalloc byte[8];
        for (int at = 0; at < size; at += 8)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(quad, Values.Quadword(ref rng, lanes));
            quad[..Math.Min(8, size - at)].CopyTo(bytes[at..]);
        }
    }

    private static bool Is64(Instance instance) => instance.Decoded.CodeSize == CodeSize.Code64;

    // With 16-bit addresses accesses fall into the first 64 KiB, where Linux maps nothing.
    private static bool IsHarmless(ulong address, int size, bool wide) =>
        Arena.Holds(address, size) || (wide ? Arena.IsNonCanonical(address) : (uint)address < 0x1_0000);

    /// <summary>The number of bytes of an access, with a bound for those that depend on the state.</summary>
    internal static int SizeOf(in UsedMemory memory)
    {
        int size = memory.MemorySize.GetSize();
        return size == 0 ? (memory.MemorySize is MemorySize.Xsave or MemorySize.Xsave64 ? 832 : 64) : Math.Min(size, 1024);
    }
}
