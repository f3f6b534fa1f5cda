using Trace.Export.Tables;

namespace Trace.Export.Collect;

/// <summary>The files of one export: those tables that were asked for.</summary>
/// <remarks>Files that are not complete when it is disposed of are removed.</remarks>
public sealed class TraceFiles : IDisposable
{
    /// <summary>The tables' names, as <c>--table</c> takes them.</summary>
    public static IReadOnlyList<string> TableNames { get; } = ["instructions", "accesses", "events", "code"];

    /// <summary>Creates the files.</summary>
    /// <param name="folder">Where; it is created if it is not there.</param>
    /// <param name="tables">Some of <see cref="TableNames"/>.</param>
    /// <param name="format">The files' format.</param>
    /// <param name="metadata">Where the rows come from.</param>
    /// <exception cref="ArgumentException">There is no table of a name.</exception>
    /// <exception cref="IOException">The host refuses a file.</exception>
    public TraceFiles(string folder, IReadOnlyCollection<string> tables, ITableFormat format, TraceMetadata metadata)
    {
        if (tables.FirstOrDefault(name => !TableNames.Contains(name)) is { } unknown)
        {
            throw new ArgumentException($"there is no table {unknown}", nameof(tables));
        }

        Directory.CreateDirectory(folder);
        bool all = false;
        try
        {
            Instructions = Create(new InstructionTable());
            Accesses = Create(new AccessTable());
            Events = Create(new EventTable());
            Code = Create(new CodeTable());
            all = true;
        }
        finally
        {
            if (!all)
            {
                Dispose();
            }
        }

        TableFile<TRow>? Create<TRow>(ITable<TRow> table)
            where TRow : unmanaged =>
            tables.Contains(table.Schema.Name) ? new TableFile<TRow>(folder, table, format, metadata) : null;
    }

    /// <summary>The table of instructions, or null where it was not asked for.</summary>
    public TableFile<InstructionRow>? Instructions { get; }

    /// <summary>The table of accesses, or null where it was not asked for.</summary>
    public TableFile<AccessRow>? Accesses { get; }

    /// <summary>The table of events, or null where it was not asked for.</summary>
    public TableFile<EventRow>? Events { get; }

    /// <summary>The table of code bytes, or null where it was not asked for.</summary>
    public TableFile<CodeRow>? Code { get; }

    /// <summary>Ends every table and gives the files their names.</summary>
    /// <exception cref="IOException">The disk is full, or the host refuses a write.</exception>
    public void Complete()
    {
        Instructions?.Complete();
        Accesses?.Complete();
        Events?.Complete();
        Code?.Complete();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Instructions?.Dispose();
        Accesses?.Dispose();
        Events?.Dispose();
        Code?.Dispose();
    }
}
