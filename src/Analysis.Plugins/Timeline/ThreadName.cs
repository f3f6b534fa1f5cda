using Guest.Linux.Tasks;
using Guest.Machine.State;
using Replay.Engine.Observe;

namespace Analysis.Plugins.Timeline;

/// <summary>A thread as it was called at some moment.</summary>
/// <param name="Pid">Its process.</param>
/// <param name="Tid">Its number; 0 for what a vCPU runs when there is nothing to do.</param>
/// <param name="Name">Its name.</param>
/// <param name="State">What it was about to do, as <c>ps</c> prints it.</param>
internal sealed record ThreadName(int Pid, int Tid, string Name, char State)
{
    /// <summary>Of a task.</summary>
    internal static ThreadName Of(GuestTask task) => new(task.Pid, task.Tid, task.Name, task.State.Letter());

    /// <summary>Writes it.</summary>
    internal void Save(StateWriter writer)
    {
        writer.WriteInt32(Pid);
        writer.WriteInt32(Tid);
        StateText.Write(writer, Name);
        writer.WriteUInt16(State);
    }

    /// <summary>Reads one.</summary>
    internal static ThreadName Load(StateReader reader) => new(reader.ReadInt32(), reader.ReadInt32(), StateText.Read(reader), (char)reader.ReadUInt16());
}
