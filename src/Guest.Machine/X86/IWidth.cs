namespace Guest.Machine.X86;

/// <summary>An operand width: 8, 16, 32 or 64 bits. Handlers are generic over it and are compiled once per width.</summary>
/// <remarks>Values travel as <see cref="ulong"/>; loads and register reads are zero-extended.</remarks>
public interface IWidth
{
    /// <summary>8, 16, 32 or 64.</summary>
    static abstract int Bits { get; }

    /// <summary>1, 2, 4 or 8.</summary>
    static abstract int Bytes { get; }

    /// <summary>All ones in the width.</summary>
    static abstract ulong Mask { get; }

    /// <summary>The value's low bits, sign-extended to 64.</summary>
    static abstract ulong SignExtend(ulong value);

    /// <summary>Reads the register at a byte offset of the register file.</summary>
    static abstract ulong Get(ref CpuState s, byte offset);

    /// <summary>Writes the register; 32-bit writes clear the upper half, 8 and 16-bit ones keep the rest.</summary>
    static abstract void Set(ref CpuState s, byte offset, ulong value);

    /// <summary>Loads from a linear address.</summary>
    static abstract ulong Load(Vcpu cpu, ulong address);

    /// <summary>Loads from an address that will be stored to: raises what the store would raise.</summary>
    static abstract ulong LoadForWrite(Vcpu cpu, ulong address);

    /// <summary>Stores to a linear address.</summary>
    static abstract void Store(Vcpu cpu, ulong address, ulong value);
}
