using Guest.Linux.Elf;
using Guest.Machine.State;
using Replay.Engine.Observe;
using Replay.Engine.Observe.Programs;

namespace Analysis.Plugins.Coverage;

/// <summary>The line tables of the files whose code ran, as far as they have any, by the files' paths.</summary>
internal sealed class LineTables : IPluginState
{
    private readonly SortedDictionary<string, LineTable> _tables = new(StringComparer.Ordinal);

    /// <summary>The tables, by path.</summary>
    public IReadOnlyDictionary<string, LineTable> ByPath => _tables;

    /// <summary>Reads the tables of files out of the guest's memory.</summary>
    public void Read(IEnumerable<CodeModule> modules)
    {
        foreach (CodeModule module in modules)
        {
            if (module.File is { } file && ElfFile.Read(file) is { } elf && LineTable.Read(elf) is { } table)
            {
                _tables[module.Path] = table;
            }
        }
    }

    /// <summary>Takes over what a later segment has read.</summary>
    public void Add(LineTables next)
    {
        foreach ((string path, LineTable table) in next._tables)
        {
            _tables[path] = table;
        }
    }

    /// <inheritdoc/>
    public void Save(StateWriter writer)
    {
        writer.WriteInt32(_tables.Count);
        foreach ((string path, LineTable table) in _tables)
        {
            StateText.Write(writer, path);
            writer.WriteInt32(table.Files.Count);
            foreach (string file in table.Files)
            {
                StateText.Write(writer, file);
            }

            writer.WriteInt32(table.Rows.Count);
            foreach (LineRow row in table.Rows)
            {
                writer.WriteUInt64(row.Address);
                writer.WriteUInt64(row.End);
                writer.WriteInt32(row.File);
                writer.WriteInt32(row.Line);
            }
        }
    }

    /// <inheritdoc/>
    public void Load(StateReader reader)
    {
        for (int left = reader.ReadIndex(int.MaxValue); left > 0; left--)
        {
            string path = StateText.Read(reader);
            List<string> files = [];
            for (int more = reader.ReadIndex(int.MaxValue); more > 0; more--)
            {
                files.Add(StateText.Read(reader));
            }

            List<LineRow> rows = [];
            for (int more = reader.ReadIndex(int.MaxValue); more > 0; more--)
            {
                rows.Add(new LineRow(reader.ReadUInt64(), reader.ReadUInt64(), reader.ReadIndex(files.Count), reader.ReadInt32()));
            }

            _tables[path] = new LineTable(files, rows);
        }
    }
}
