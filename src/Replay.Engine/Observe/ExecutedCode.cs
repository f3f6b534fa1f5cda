using Guest.Machine;
using Guest.Machine.State;
using Iced.Intel;

namespace Replay.Engine.Observe;

/// <summary>An instruction at an address.</summary>
/// <param name="Owner">Whose code.</param>
/// <param name="Pc">Linear address of its first byte.</param>
/// <param name="Code">Its form.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Ring">The privilege level.</param>
/// <param name="HasMemory">Whether an operand is memory.</param>
public readonly record struct ExecutedCode(CodeOwner Owner, GuestVirtual Pc, Code Code, byte Length, byte Ring, bool HasMemory) : ICounted<ExecutedCode>
{
    /// <inheritdoc/>
    public int CompareTo(ExecutedCode other)
    {
        int order = Owner.CompareTo(other.Owner);
        order = order != 0 ? order : Pc.Value.CompareTo(other.Pc.Value);
        order = order != 0 ? order : Ring.CompareTo(other.Ring);
        order = order != 0 ? order : Code.CompareTo(other.Code);
        order = order != 0 ? order : Length.CompareTo(other.Length);
        return order != 0 ? order : HasMemory.CompareTo(other.HasMemory);
    }

    /// <inheritdoc/>
    public static void Save(StateWriter writer, in ExecutedCode counted)
    {
        CodeOwner.Save(writer, counted.Owner);
        writer.WriteUInt64(counted.Pc.Value);
        writer.WriteInt32((int)counted.Code);
        writer.WriteByte(counted.Length);
        writer.WriteByte(counted.Ring);
        writer.WriteBool(counted.HasMemory);
    }

    /// <inheritdoc/>
    public static ExecutedCode Load(StateReader reader) =>
        new(CodeOwner.Load(reader), new GuestVirtual(reader.ReadUInt64()), (Code)reader.ReadInt32(), reader.ReadByte(), reader.ReadByte(), reader.ReadBool());

    /// <inheritdoc/>
    public static bool operator <(ExecutedCode left, ExecutedCode right) => left.CompareTo(right) < 0;

    /// <inheritdoc/>
    public static bool operator >(ExecutedCode left, ExecutedCode right) => left.CompareTo(right) > 0;

    /// <inheritdoc/>
    public static bool operator <=(ExecutedCode left, ExecutedCode right) => left.CompareTo(right) <= 0;

    /// <inheritdoc/>
    public static bool operator >=(ExecutedCode left, ExecutedCode right) => left.CompareTo(right) >= 0;
}
