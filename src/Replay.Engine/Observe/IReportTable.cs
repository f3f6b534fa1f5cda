namespace Replay.Engine.Observe;

/// <summary>A table of a plugin's results.</summary>
public interface IReportTable
{
    /// <summary>Adds a row. The first row says which columns there are; the others have the same.</summary>
    void Row(params ReadOnlySpan<(string Name, ReportValue Value)> columns);
}
