using Guest.Machine.State;

namespace Analysis.Plugins.WorkingSet;

/// <summary>How a page of RAM was used.</summary>
internal struct PageUse
{
    /// <summary>Reads of it.</summary>
    internal ulong Reads;

    /// <summary>Writes to it.</summary>
    internal ulong Writes;

    /// <summary>The first access.</summary>
    internal ulong First;

    /// <summary>The last access.</summary>
    internal ulong Last;

    /// <summary>The linear page by which it was first used.</summary>
    internal ulong Linear;

    /// <summary>Adds what happened to it later.</summary>
    internal void Add(in PageUse next)
    {
        Reads += next.Reads;
        Writes += next.Writes;
        Last = next.Last;
    }

    /// <summary>Writes it.</summary>
    internal readonly void Save(StateWriter writer)
    {
        writer.WriteUInt64(Reads);
        writer.WriteUInt64(Writes);
        writer.WriteUInt64(First);
        writer.WriteUInt64(Last);
        writer.WriteUInt64(Linear);
    }

    /// <summary>Reads one.</summary>
    internal static PageUse Load(StateReader reader) => new()
    {
        Reads = reader.ReadUInt64(), Writes = reader.ReadUInt64(), First = reader.ReadUInt64(), Last = reader.ReadUInt64(), Linear = reader.ReadUInt64(),
    };
}
