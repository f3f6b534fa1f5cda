using System.Buffers.Binary;
using Iced.Intel;

namespace Guest.Machine.Hardware.Generate;

/// <summary>Sets the displacement and the immediate of an encoding, whose places the decoder has found.</summary>
internal static class Patching
{
    /// <summary>Whether the instruction may go elsewhere.</summary>
    public static bool IsBranch(in Instruction decoded) => decoded.FlowControl is FlowControl.UnconditionalBranch
        or FlowControl.ConditionalBranch or FlowControl.Call or FlowControl.IndirectBranch or FlowControl.IndirectCall or FlowControl.Return;

    /// <summary>Points displacements that no register can correct into the arena.</summary>
    public static void Displacement(ref Rng rng, in Instruction decoded, in ConstantOffsets offsets, Span<byte> bytes)
    {
        if (!offsets.HasDisplacement)
        {
            return;
        }

        ulong target = AddressPicker.Pick(ref rng, 16);
        if (decoded.IsIPRelativeMemoryOperand)
        {
            Write(bytes[offsets.DisplacementOffset..], 4, target - decoded.NextIP);
        }
        else if (decoded.MemoryBase == Register.None)
        {
            Write(bytes[offsets.DisplacementOffset..], offsets.DisplacementSize, target);
        }
        else if (offsets.DisplacementSize == 4 && rng.Percent(50))
        {
            Write(bytes[offsets.DisplacementOffset..], 4, Values.Integer(ref rng, 32));
        }
    }

    /// <summary>Sets immediates to boundary values, and branches to a place in the arena that is not the instruction itself.</summary>
    public static void Immediate(ref Rng rng, in Instruction decoded, in ConstantOffsets offsets, Span<byte> bytes)
    {
        if (!offsets.HasImmediate)
        {
            return;
        }

        Span<byte> place = bytes[offsets.ImmediateOffset..];
        if (decoded.Op0Kind is OpKind.NearBranch64 or OpKind.NearBranch32 or OpKind.NearBranch16)
        {
            Branch(ref rng, decoded, place, offsets.ImmediateSize);
        }
        else if (rng.Percent(70))
        {
            Write(place, offsets.ImmediateSize, Values.Integer(ref rng, 8 * offsets.ImmediateSize));
        }
    }

    private static void Branch(ref Rng rng, in Instruction decoded, Span<byte> place, int size)
    {
        long distance;
        do
        {
            distance = size == 1
                ? (sbyte)rng.Next()
                : (long)(AddressPicker.Target(ref rng, canonicalOnly: true) - decoded.NextIP);
        }
        while (distance is > 0 and < 8 || (distance < 0 && distance >= -16));
        Write(place, size, (ulong)distance);
    }

    private static void Write(Span<byte> place, int size, ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        bytes[..size].CopyTo(place);
    }
}
