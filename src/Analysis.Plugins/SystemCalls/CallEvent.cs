using Guest.Machine.State;
using Replay.Engine.Observe;

namespace Analysis.Plugins.SystemCalls;

/// <summary>One thing that a thread did, as it was seen: entries and exits are matched when all of a recording is known.</summary>
/// <param name="Kind">What.</param>
/// <param name="Task">The thread's <c>task_struct</c>.</param>
/// <param name="Pid">Its process.</param>
/// <param name="Tid">Its number.</param>
/// <param name="Name">Its name.</param>
/// <param name="Order">Instructions that all vCPUs had retired.</param>
/// <param name="Time">Nanoseconds since the machine's start.</param>
/// <param name="Abi">Of the call.</param>
/// <param name="Number">The call's number; of a signal, the signal's.</param>
/// <param name="Value">Of an exit, the result; of an end, the exit code; of a signal, what sent it.</param>
/// <param name="Arguments">The arguments as texts; null for one that the other event of the call shows.</param>
internal sealed record CallEvent(
    CallEventKind Kind, ulong Task, int Pid, int Tid, string Name, ulong Order, ulong Time, CallAbi Abi, ulong Number, long Value, IReadOnlyList<string?> Arguments)
{
    private const int MostArguments = 16;
    private const int LongestArgument = (1 << 24) - 1;

    /// <summary>Writes it.</summary>
    internal void Save(StateWriter writer)
    {
        writer.WriteByte((byte)Kind);
        writer.WriteUInt64(Task);
        writer.WriteInt32(Pid);
        writer.WriteInt32(Tid);
        StateText.Write(writer, Name);
        writer.WriteUInt64(Order);
        writer.WriteUInt64(Time);
        writer.WriteByte((byte)Abi);
        writer.WriteUInt64(Number);
        writer.WriteInt64(Value);
        writer.WriteByte((byte)Arguments.Count);
        foreach (string? argument in Arguments)
        {
            writer.WriteBool(argument is not null);
            StateText.Write(writer, argument ?? string.Empty, LongestArgument);
        }
    }

    /// <summary>Reads one.</summary>
    internal static CallEvent Load(StateReader reader)
    {
        var kind = (CallEventKind)reader.ReadIndexByte((int)CallEventKind.End + 1);
        ulong task = reader.ReadUInt64();
        (int pid, int tid, string name) = (reader.ReadInt32(), reader.ReadInt32(), StateText.Read(reader));
        (ulong order, ulong time) = (reader.ReadUInt64(), reader.ReadUInt64());
        var abi = (CallAbi)reader.ReadIndexByte((int)CallAbi.I386 + 1);
        (ulong number, long value) = (reader.ReadUInt64(), reader.ReadInt64());
        string?[] arguments = new string?[reader.ReadIndexByte(MostArguments)];
        for (int i = 0; i < arguments.Length; i++)
        {
            bool isThere = reader.ReadBool();
            string text = StateText.Read(reader, LongestArgument);
            arguments[i] = isThere ? text : null;
        }

        return new CallEvent(kind, task, pid, tid, name, order, time, abi, number, value, arguments);
    }
}
