using Guest.Machine;
using Guest.Machine.State;
using Iced.Intel;

namespace Replay.Engine.Observe;

/// <summary>A way from a jump or call to where it went; of a conditional jump also to the instruction behind it. Returns, system calls and interrupts are none.</summary>
/// <param name="Owner">Whose code.</param>
/// <param name="From">Linear address of the jump or call.</param>
/// <param name="Target">Linear address at which the guest went on.</param>
/// <param name="Code">The jump's form.</param>
/// <param name="Ring">The privilege level before it.</param>
public readonly record struct ExecutedEdge(CodeOwner Owner, GuestVirtual From, GuestVirtual Target, Code Code, byte Ring) : ICounted<ExecutedEdge>
{
    /// <inheritdoc/>
    public int CompareTo(ExecutedEdge other)
    {
        int order = Owner.CompareTo(other.Owner);
        order = order != 0 ? order : From.Value.CompareTo(other.From.Value);
        order = order != 0 ? order : Target.Value.CompareTo(other.Target.Value);
        order = order != 0 ? order : Ring.CompareTo(other.Ring);
        return order != 0 ? order : Code.CompareTo(other.Code);
    }

    /// <inheritdoc/>
    public static void Save(StateWriter writer, in ExecutedEdge counted)
    {
        CodeOwner.Save(writer, counted.Owner);
        writer.WriteUInt64(counted.From.Value);
        writer.WriteUInt64(counted.Target.Value);
        writer.WriteInt32((int)counted.Code);
        writer.WriteByte(counted.Ring);
    }

    /// <inheritdoc/>
    public static ExecutedEdge Load(StateReader reader) =>
        new(CodeOwner.Load(reader), new GuestVirtual(reader.ReadUInt64()), new GuestVirtual(reader.ReadUInt64()), (Code)reader.ReadInt32(), reader.ReadByte());

    /// <inheritdoc/>
    public static bool operator <(ExecutedEdge left, ExecutedEdge right) => left.CompareTo(right) < 0;

    /// <inheritdoc/>
    public static bool operator >(ExecutedEdge left, ExecutedEdge right) => left.CompareTo(right) > 0;

    /// <inheritdoc/>
    public static bool operator <=(ExecutedEdge left, ExecutedEdge right) => left.CompareTo(right) <= 0;

    /// <inheritdoc/>
    public static bool operator >=(ExecutedEdge left, ExecutedEdge right) => left.CompareTo(right) >= 0;
}
