using Guest.Machine.State;
using Replay.Engine.Observe;

namespace Analysis.Plugins;

/// <summary>What a plugin has seen, in the order in which it happened; that of consecutive segments is put one behind the other.</summary>
/// <typeparam name="T">What was seen.</typeparam>
/// <param name="save">Writes one.</param>
/// <param name="load">Reads one.</param>
internal sealed class KeptList<T>(Action<StateWriter, T> save, Func<StateReader, T> load) : IPluginState
{
    private readonly List<T> _items = [];

    /// <summary>All of it.</summary>
    internal IReadOnlyList<T> Items => _items;

    /// <summary>Appends one.</summary>
    internal void Add(T item) => _items.Add(item);

    /// <summary>Appends those of the next segment.</summary>
    internal void Append(KeptList<T> next) => _items.AddRange(next._items);

    /// <inheritdoc/>
    public void Save(StateWriter writer)
    {
        writer.WriteInt32(_items.Count);
        foreach (T item in _items)
        {
            save(writer, item);
        }
    }

    /// <inheritdoc/>
    public void Load(StateReader reader)
    {
        _items.Clear();
        for (int left = reader.ReadIndex(int.MaxValue); left > 0; left--)
        {
            _items.Add(load(reader));
        }
    }
}
