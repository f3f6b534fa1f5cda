using Guest.Machine.State;
using Replay.Engine.Observe;
using Replay.Engine.Observe.Programs;

namespace Analysis.Plugins.Profiling;

/// <summary>A profile in a segment's file.</summary>
internal static class ProfileState
{
    /// <summary>Writes one.</summary>
    public static void Save(
        StateWriter writer, StackNodes nodes, RunCounts runs, IReadOnlyDictionary<ulong, ThreadStack> threads, IReadOnlyDictionary<ulong, string> names)
    {
        writer.WriteInt32(nodes.All.Count);
        foreach (StackNode node in nodes.All)
        {
            writer.WriteByte((byte)node.Kind);
            writer.WriteInt32(node.Parent);
            writer.WriteUInt64(node.Address);
            CodeOwner.Save(writer, node.Owner);
        }

        writer.WriteInt32(runs.Count);
        foreach ((int stack, ulong pc, long count) in runs.All.Order())
        {
            writer.WriteInt32(stack);
            writer.WriteUInt64(pc);
            writer.WriteInt64(count);
        }

        writer.WriteInt32(threads.Count);
        foreach ((ulong task, ThreadStack thread) in threads)
        {
            writer.WriteUInt64(task);
            writer.WriteInt32(thread.Stack);
            writer.WriteBool(thread.Owner is not null);
            CodeOwner.Save(writer, thread.Owner ?? default);
        }

        writer.WriteInt32(names.Count);
        foreach ((ulong thread, string name) in names)
        {
            writer.WriteUInt64(thread);
            StateText.Write(writer, name);
        }
    }

    /// <summary>Reads one.</summary>
    public static (StackNodes Nodes, RunCounts Runs) Load(StateReader reader, IDictionary<ulong, ThreadStack> threads, IDictionary<ulong, string> names)
    {
        StackNodes nodes = new();
        int count = reader.ReadIndex(int.MaxValue);
        for (int i = 0; i < count; i++)
        {
            var kind = (StackKind)reader.ReadIndexByte((int)StackKind.UnknownFork + 1);
            int parent = reader.ReadInt32();
            bool isBottom = kind is StackKind.Root or StackKind.Unknown;
            if (isBottom ? parent != -1 : parent < 0 || parent >= i)
            {
                throw reader.Damaged($"stack {i} cannot stand on {parent}");
            }

            if (nodes.Of(new StackNode(kind, parent, reader.ReadUInt64(), CodeOwner.Load(reader))) != i)
            {
                throw reader.Damaged($"stack {i} is there twice");
            }
        }

        RunCounts runs = new();
        for (int left = reader.ReadIndex(int.MaxValue); left > 0; left--)
        {
            runs.Add(reader.ReadIndex(count), reader.ReadUInt64(), reader.ReadInt64());
        }

        for (int left = reader.ReadIndex(int.MaxValue); left > 0; left--)
        {
            ulong task = reader.ReadUInt64();
            int stack = reader.ReadIndex(count);
            bool hasOwner = reader.ReadBool();
            var owner = CodeOwner.Load(reader);
            threads[task] = new ThreadStack(stack, hasOwner ? owner : null);
        }

        for (int left = reader.ReadIndex(int.MaxValue); left > 0; left--)
        {
            names[reader.ReadUInt64()] = StateText.Read(reader);
        }

        return (nodes, runs);
    }
}
