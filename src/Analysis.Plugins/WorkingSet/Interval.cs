using Guest.Machine.State;

namespace Analysis.Plugins.WorkingSet;

/// <summary>The pages that were used in a stretch of a recording.</summary>
/// <param name="number">Which stretch, from 0 at the recording's start.</param>
internal sealed class Interval(ulong number)
{
    private readonly HashSet<ulong> _read = [];
    private readonly HashSet<ulong> _written = [];

    /// <summary>Which stretch.</summary>
    internal ulong Number => number;

    /// <summary>Pages read.</summary>
    internal int Read => _read.Count;

    /// <summary>Pages written.</summary>
    internal int Written => _written.Count;

    /// <summary>Pages read or written.</summary>
    internal int Touched => _read.Count + _written.Count(page => !_read.Contains(page));

    /// <summary>Adds an access.</summary>
    internal void Add(ulong page, bool isWrite) => (isWrite ? _written : _read).Add(page);

    /// <summary>Adds what the next segment saw of the same stretch.</summary>
    internal void Append(Interval next)
    {
        _read.UnionWith(next._read);
        _written.UnionWith(next._written);
    }

    /// <summary>Writes it.</summary>
    internal void Save(StateWriter writer)
    {
        writer.WriteUInt64(number);
        Save(writer, _read);
        Save(writer, _written);
    }

    /// <summary>Reads one.</summary>
    internal static Interval Load(StateReader reader)
    {
        Interval interval = new(reader.ReadUInt64());
        Load(reader, interval._read);
        Load(reader, interval._written);
        return interval;
    }

    private static void Save(StateWriter writer, HashSet<ulong> pages)
    {
        writer.WriteInt32(pages.Count);
        foreach (ulong page in pages.Order())
        {
            writer.WriteUInt64(page);
        }
    }

    private static void Load(StateReader reader, HashSet<ulong> pages)
    {
        for (int left = reader.ReadIndex(int.MaxValue); left > 0; left--)
        {
            pages.Add(reader.ReadUInt64());
        }
    }
}
