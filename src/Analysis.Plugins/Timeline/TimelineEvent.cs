using Guest.Machine.State;

namespace Analysis.Plugins.Timeline;

/// <summary>One thing that the scheduler did.</summary>
/// <param name="Kind">What.</param>
/// <param name="Vcpu">On which vCPU.</param>
/// <param name="Order">Instructions that all vCPUs had retired.</param>
/// <param name="Time">Nanoseconds since the machine's start.</param>
/// <param name="Running">The thread that ran there; of a switch, the one that stops.</param>
/// <param name="Other">Of a switch, the thread that runs next; of a wake-up or fork, the one that may run; of a rename, the thread with its new name.</param>
internal sealed record TimelineEvent(TimelineKind Kind, int Vcpu, ulong Order, ulong Time, ThreadName Running, ThreadName Other)
{
    /// <summary>Writes it.</summary>
    internal void Save(StateWriter writer)
    {
        writer.WriteByte((byte)Kind);
        writer.WriteInt32(Vcpu);
        writer.WriteUInt64(Order);
        writer.WriteUInt64(Time);
        Running.Save(writer);
        Other.Save(writer);
    }

    /// <summary>Reads one.</summary>
    internal static TimelineEvent Load(StateReader reader) => new(
        (TimelineKind)reader.ReadIndexByte((int)TimelineKind.Exit + 1), reader.ReadInt32(), reader.ReadUInt64(), reader.ReadUInt64(), ThreadName.Load(reader), ThreadName.Load(reader));
}
