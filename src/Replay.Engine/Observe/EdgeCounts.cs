using Guest.Machine;
using Guest.Machine.State;
using Iced.Intel;

namespace Replay.Engine.Observe;

/// <summary>How often each jump and call went where.</summary>
public sealed class EdgeCounts : IPluginState
{
    private readonly Dictionary<ExecutedEdge, long> _counts = [];

    /// <summary>Edges that differ.</summary>
    public int Count => _counts.Count;

    /// <summary>All of them by owner, address and target.</summary>
    public IEnumerable<KeyValuePair<ExecutedEdge, long>> Sorted() => _counts.OrderBy(pair => pair.Key);

    /// <summary>Adds executions of an edge.</summary>
    public void Add(in ExecutedEdge edge, long count) => _counts[edge] = _counts.GetValueOrDefault(edge) + count;

    /// <summary>Adds those of another segment.</summary>
    /// <param name="next">The segment's.</param>
    /// <param name="owners">What its owners are here; null where they are the same.</param>
    public void Add(EdgeCounts next, Func<CodeOwner, CodeOwner>? owners = null)
    {
        foreach ((ExecutedEdge edge, long count) in next._counts)
        {
            Add(owners is null ? edge : edge with { Owner = owners(edge.Owner) }, count);
        }
    }

    /// <inheritdoc/>
    public void Save(StateWriter writer)
    {
        writer.WriteInt32(_counts.Count);
        foreach ((ExecutedEdge edge, long count) in Sorted())
        {
            CodeOwner.Save(writer, edge.Owner);
            writer.WriteUInt64(edge.From.Value);
            writer.WriteUInt64(edge.Target.Value);
            writer.WriteInt32((int)edge.Code);
            writer.WriteByte(edge.Ring);
            writer.WriteUInt64((ulong)count);
        }
    }

    /// <inheritdoc/>
    public void Load(StateReader reader)
    {
        _counts.Clear();
        for (int left = reader.ReadIndex(int.MaxValue); left > 0; left--)
        {
            var owner = CodeOwner.Load(reader);
            GuestVirtual from = new(reader.ReadUInt64());
            GuestVirtual target = new(reader.ReadUInt64());
            var code = (Code)reader.ReadInt32();
            _counts[new ExecutedEdge(owner, from, target, code, reader.ReadByte())] = (long)reader.ReadUInt64();
        }
    }
}
