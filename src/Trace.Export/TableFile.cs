using Trace.Export.Schema;

namespace Trace.Export;

/// <summary>The file of one table: <c>FOLDER/TABLE.FORMAT</c>. Until it is complete it has <c>.partial</c> behind its name.</summary>
/// <remarks>Not thread-safe. The file is removed where it is disposed of before <see cref="Complete"/>.</remarks>
/// <typeparam name="TRow">The table's record.</typeparam>
public sealed class TableFile<TRow> : IDisposable
    where TRow : unmanaged
{
    private const int BufferBytes = 1 << 20;
    private readonly string _partial;
    private readonly FileStream _stream;
    private readonly RowWriter<TRow> _rows;
    private bool _closed;

    /// <summary>Creates the file; a table of that name that the folder has already is replaced when the new one is complete.</summary>
    /// <param name="folder">A folder that exists.</param>
    /// <param name="table">The table.</param>
    /// <param name="format">The file's format.</param>
    /// <param name="metadata">Where the rows come from.</param>
    /// <exception cref="IOException">The host refuses the file.</exception>
    public TableFile(string folder, ITable<TRow> table, ITableFormat format, TraceMetadata metadata)
    {
        string name = table.Schema.Name;
        Path = System.IO.Path.Combine(folder, $"{name}.{format.Name}");
        _partial = Path + ".partial";
        _stream = new FileStream(_partial, FileMode.Create, FileAccess.Write, FileShare.Read, BufferBytes);
        _rows = new RowWriter<TRow>(table, format.Start(table.Schema, _stream, metadata.PairsFor(name)));
    }

    /// <summary>The file's path once it is complete.</summary>
    public string Path { get; }

    /// <summary>Rows written so far.</summary>
    public long Rows => _rows.Rows;

    /// <summary>Appends rows.</summary>
    /// <exception cref="IOException">The disk is full, or the host refuses the write.</exception>
    public void Write(ReadOnlySpan<TRow> rows) => _rows.Write(rows);

    /// <summary>Ends the table and gives the file its name.</summary>
    /// <exception cref="IOException">The disk is full, or the host refuses the write.</exception>
    public void Complete()
    {
        _rows.Complete();
        _stream.Dispose();
        File.Move(_partial, Path, overwrite: true);
        _closed = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_closed)
        {
            return;
        }

        _closed = true;
        try
        {
            _stream.Dispose();
        }
        catch (IOException)
        {
            // What could not be written any more belongs to a file that goes away.
        }
        finally
        {
            File.Delete(_partial);
        }
    }
}
