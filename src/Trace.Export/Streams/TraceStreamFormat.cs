using Trace.Export.ChampSim;
using Trace.Export.Drmemtrace;

namespace Trace.Export.Streams;

/// <summary>A format of traces that other people's tools read.</summary>
/// <param name="Name">The word that chooses it.</param>
/// <param name="Create">Begins one in a folder that exists.</param>
public sealed record TraceStreamFormat(string Name, Func<string, ITraceStream> Create)
{
    /// <summary>Every format. To add one, write a folder like <c>ChampSim/</c> and a line here.</summary>
    public static IReadOnlyList<TraceStreamFormat> All { get; } =
    [
        new("drmemtrace", folder => new DrmemtraceStream(folder)),
        new("champsim", folder => new ChampSimStream(folder)),
    ];
}
