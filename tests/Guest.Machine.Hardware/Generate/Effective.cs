using Iced.Intel;

namespace Guest.Machine.Hardware.Generate;

/// <summary>Solves registers so that an access falls where it is wanted, and computes where it falls.</summary>
internal static class Effective
{
    /// <summary>Sets the free registers of an access so that it lies at or near <paramref name="target"/>.</summary>
    /// <param name="rng">Randomness for what is free.</param>
    /// <param name="state">The registers.</param>
    /// <param name="taken">Bit mask of registers that must keep their value; grows.</param>
    /// <param name="memory">The access.</param>
    /// <param name="target">The wanted address.</param>
    public static void Solve(ref Rng rng, ref CpuSnapshot state, ref uint taken, in UsedMemory memory, ulong target)
    {
        int @base = RegisterPlaces.Number(memory.Base);
        int index = memory.VsibSize == 0 ? RegisterPlaces.Number(memory.Index) : -1;
        ulong mask = memory.AddressSize switch
        {
            CodeSize.Code16 => ushort.MaxValue,
            CodeSize.Code32 => uint.MaxValue,
            _ => ulong.MaxValue,
        };
        ulong rest = target - memory.Displacement - SegmentBase(state, memory);
        if (memory.VsibSize != 0)
        {
            FillIndices(ref rng, ref state, memory, rest);
        }

        if (@base >= 0 && index == @base)
        {
            Put(ref rng, ref state, ref taken, @base, Invert(rest, 1 + (ulong)memory.Scale), mask);
        }
        else if (@base >= 0)
        {
            ulong scaled = RegisterPlaces.Read(state, memory.Index) * (ulong)memory.Scale;
            Put(ref rng, ref state, ref taken, @base, rest - (index >= 0 ? scaled : 0), mask);
            taken |= index >= 0 ? 1u << index : 0;
        }
        else if (index >= 0)
        {
            Put(ref rng, ref state, ref taken, index, rest / (ulong)memory.Scale, mask);
        }
    }

    /// <summary>The linear address of an access; of the given element where the index is a vector.</summary>
    public static ulong Address(in CpuSnapshot state, in UsedMemory memory, int element = 0)
    {
        ulong index = memory.VsibSize == 0 ? RegisterPlaces.Read(state, memory.Index) : Lane(state, memory, element);
        ulong offset = RegisterPlaces.Read(state, memory.Base) + (index * (ulong)memory.Scale) + memory.Displacement;
        offset = memory.AddressSize switch
        {
            CodeSize.Code32 => (uint)offset,
            CodeSize.Code16 => (ushort)offset,
            _ => offset,
        };
        return offset + SegmentBase(state, memory);
    }

    /// <summary>The number of elements a vector index addresses: 1 where there is none.</summary>
    public static int Elements(in UsedMemory memory) => memory.VsibSize == 0 ? 1
        : (memory.Index >= Register.YMM0 ? 32 : 16) / memory.VsibSize;

    private static ulong SegmentBase(in CpuSnapshot state, in UsedMemory memory) => memory.Segment switch
    {
        Register.GS => state.GsBase,
        Register.FS => state.FsBase,
        _ => 0,
    };

    private static void Put(ref Rng rng, ref CpuSnapshot state, ref uint taken, int register, ulong value, ulong mask)
    {
        if ((taken & (1u << register)) == 0)
        {
            state.Gpr[register] = (value & mask) | (rng.Next() & ~mask);
            taken |= 1u << register;
        }
    }

    // The factor is 2, 3, 5 or 9: odd ones have an inverse modulo 2^64, and an address loses its lowest bit for 2.
    private static ulong Invert(ulong value, ulong factor)
    {
        if (factor == 2)
        {
            return value >> 1;
        }

        ulong inverse = factor;
        for (int i = 0; i < 6; i++)
        {
            inverse *= 2 - (factor * inverse);
        }

        return value * inverse;
    }

    private static void FillIndices(ref Rng rng, ref CpuSnapshot state, in UsedMemory memory, ulong rest)
    {
        ulong centre = memory.Base == Register.None ? rest / (ulong)memory.Scale : 0;
        int register = (memory.Index - (memory.Index >= Register.YMM0 ? Register.YMM0 : Register.XMM0)) & 15;
        bool far = rng.Percent(10);
        for (int quad = 0; quad < 4; quad++)
        {
            Span<ulong> half = quad < 2 ? state.XmmLow(register) : state.YmmHigh(register);
            ulong first = Near(ref rng, far) + centre;
            half[quad & 1] = memory.VsibSize == 8 ? first : (uint)first | ((Near(ref rng, far) + centre) << 32);
        }
    }

    private static ulong Near(ref Rng rng, bool far) => (ulong)(rng.Below(far ? 2048 : 256) - (far ? 1024 : 128));

    private static ulong Lane(in CpuSnapshot state, in UsedMemory memory, int element)
    {
        int register = (memory.Index - (memory.Index >= Register.YMM0 ? Register.YMM0 : Register.XMM0)) & 15;
        int quad = element * memory.VsibSize / 8;
        CpuSnapshot copy = state;
        ulong value = quad < 2 ? copy.XmmLow(register)[quad] : copy.YmmHigh(register)[quad - 2];
        return memory.VsibSize == 8 ? value : (ulong)(long)(int)(value >> (32 * (element & 1)));
    }
}
