using Guest.Machine.State;

namespace Replay.Engine.Observe;

/// <summary>How often each of them was executed: instructions retired (<see cref="ExecutedCode"/>), jumps and calls gone (<see cref="ExecutedEdge"/>).</summary>
public sealed class Counts<T> : IPluginState
    where T : struct, ICounted<T>
{
    private readonly Dictionary<T, long> _counts = [];

    /// <summary>How many differ.</summary>
    public int Count => _counts.Count;

    /// <summary>All of them by owner and address.</summary>
    public IEnumerable<KeyValuePair<T, long>> Sorted() => _counts.OrderBy(pair => pair.Key);

    /// <summary>Starts over.</summary>
    public void Clear() => _counts.Clear();

    /// <summary>Adds executions of one.</summary>
    public void Add(in T counted, long count) => _counts[counted] = _counts.GetValueOrDefault(counted) + count;

    /// <summary>Adds those of another segment.</summary>
    /// <param name="next">The segment's.</param>
    /// <param name="owners">What its owners are here; null where they are the same.</param>
    public void Add(Counts<T> next, Func<CodeOwner, CodeOwner>? owners = null)
    {
        foreach ((T counted, long count) in next._counts)
        {
            Add(owners is null ? counted : counted with { Owner = owners(counted.Owner) }, count);
        }
    }

    /// <inheritdoc/>
    public void Save(StateWriter writer)
    {
        writer.WriteInt32(_counts.Count);
        foreach ((T counted, long count) in Sorted())
        {
            T.Save(writer, counted);
            writer.WriteInt64(count);
        }
    }

    /// <inheritdoc/>
    public void Load(StateReader reader)
    {
        _counts.Clear();
        for (int left = reader.ReadIndex(int.MaxValue); left > 0; left--)
        {
            _counts[T.Load(reader)] = reader.ReadInt64();
        }
    }
}
