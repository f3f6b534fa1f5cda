namespace Guest.Linux.Types;

/// <summary>A place inside a kernel structure, resolved once from the kernel's own type information.</summary>
/// <param name="Offset">Bytes from the beginning of the structure to the first byte of the value.</param>
/// <param name="Size">Bytes of the value; of a bitfield, the bytes that hold it.</param>
/// <param name="BitOffset">Bits of the first byte below a bitfield.</param>
/// <param name="BitSize">Bits of a bitfield; 0 for an ordinary member.</param>
/// <param name="TypeId">The value's type.</param>
/// <param name="IsSigned">Whether its upper bit is a sign.</param>
public readonly record struct KernelField(int Offset, int Size, int BitOffset, int BitSize, int TypeId, bool IsSigned)
{
    /// <summary>Whether its value fits a 64-bit word.</summary>
    public bool IsWord => Size is > 0 and <= 8;
}
