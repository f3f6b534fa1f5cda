using Iced.Intel;

namespace Guest.Machine.X86.Observe;

/// <summary>One instruction of a <see cref="CodePiece"/>.</summary>
/// <param name="Offset">Bytes from the piece's first one.</param>
/// <param name="Length">Bytes, 1 to 15.</param>
/// <param name="HasMemory">Whether an operand is memory.</param>
/// <param name="Updates">Whether emitted code reads the memory operand that it writes.</param>
/// <param name="Code">Its form.</param>
public readonly record struct PieceInstruction(ushort Offset, byte Length, bool HasMemory, bool Updates, Code Code)
{
    /// <summary>Whether two are the same.</summary>
    public bool Equals(PieceInstruction other) =>
        Code == other.Code && Offset == other.Offset && Length == other.Length && HasMemory == other.HasMemory && Updates == other.Updates;

    /// <inheritdoc/>
    public override int GetHashCode() => ((int)Code << 16) ^ (Offset << 4) ^ Length;
}
