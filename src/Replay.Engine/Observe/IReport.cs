namespace Replay.Engine.Observe;

/// <summary>Where a plugin's results go: rows of tables, and files in formats of their own.</summary>
public interface IReport
{
    /// <summary>Adds a row to the plugin's own table. The first row says which columns there are; the others have the same.</summary>
    void Row(params ReadOnlySpan<(string Name, ReportValue Value)> columns);

    /// <summary>Another table, named PLUGIN-NAME.</summary>
    IReportTable Table(string name);

    /// <summary>Writes a file beside the tables.</summary>
    /// <param name="name">Its name, with its extension.</param>
    /// <param name="write">Writes it.</param>
    void File(string name, Action<Stream> write);
}
