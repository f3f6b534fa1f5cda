using Replay.Engine.Observe;

namespace Trace.Export.Reports;

/// <summary>Takes a plugin's results: its tables become files <c>FOLDER/PLUGIN.FORMAT</c>, and its own files stand beside them.</summary>
/// <param name="folder">A folder that exists.</param>
/// <param name="plugin">The plugin's name.</param>
public sealed class ReportFolder(string folder, string plugin) : IReport
{
    private readonly List<ReportRows> _tables = [];
    private readonly List<string> _files = [];

    /// <summary>The tables, in the order in which the plugin has begun them.</summary>
    public IReadOnlyList<ReportRows> Tables => _tables;

    /// <summary>Files that were written.</summary>
    public IReadOnlyList<string> Files => _files;

    /// <inheritdoc/>
    public void Row(params ReadOnlySpan<(string Name, ReportValue Value)> columns) => Find(plugin).Row(columns);

    /// <inheritdoc/>
    public IReportTable Table(string name) => Find($"{plugin}-{name}");

    /// <inheritdoc/>
    public void File(string name, Action<Stream> write)
    {
        string path = Path.Combine(folder, Path.GetFileName(name));
        using FileStream stream = new(path, FileMode.CreateNew, FileAccess.Write);
        write(stream);
        _files.Add(path);
    }

    /// <summary>Writes the tables that have rows.</summary>
    /// <exception cref="IOException">The disk is full, or the host refuses a write.</exception>
    public void Write(ITableFormat format, TraceMetadata metadata) =>
        _files.AddRange(_tables.Where(table => table.Rows.Count > 0).Select(table => table.Write(folder, format, metadata)));

    private ReportRows Find(string name)
    {
        ReportRows? table = _tables.Find(each => each.Name == name);
        if (table is null)
        {
            _tables.Add(table = new ReportRows(name));
        }

        return table;
    }
}
