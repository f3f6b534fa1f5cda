using Replay.Engine.Observe;

namespace ReplayKit.Tests.Observe;

/// <summary>Keeps the rows of a plugin's own table.</summary>
internal sealed class CapturedRows : IReport, IReportTable
{
    private readonly bool _isOther;

    public CapturedRows(bool isOther = false) => _isOther = isOther;

    /// <summary>The rows, each by its columns' names.</summary>
    public List<Dictionary<string, string>> All { get; } = [];

    public void Row(params ReadOnlySpan<(string Name, ReportValue Value)> columns)
    {
        Dictionary<string, string> row = [];
        foreach ((string name, ReportValue value) in columns)
        {
            row[name] = value.ToString();
        }

        if (!_isOther)
        {
            All.Add(row);
        }
    }

    public IReportTable Table(string name) => new CapturedRows(isOther: true);

    public void File(string name, Action<Stream> write)
    {
    }
}
