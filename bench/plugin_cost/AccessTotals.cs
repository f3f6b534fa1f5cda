using Replay.Engine.Observe;

namespace PluginCost;

/// <summary>Has every data access written into buffers, and does next to nothing with it: what a memory trace costs before anything is made of it.</summary>
public sealed class AccessTotals : ISegmentedPlugin<AccessTotals>
{
    private readonly PerVcpu<long> _accesses = new();
    private readonly PerVcpu<long> _bytes = new();

    /// <inheritdoc/>
    public static string Name => "access-totals";

    /// <inheritdoc/>
    public void Subscribe(IInstrumentation on)
    {
        on.Keep(_accesses);
        on.Keep(_bytes);
        on.Accesses(accesses =>
        {
            long bytes = 0;
            foreach (ref readonly AccessEvent access in accesses)
            {
                bytes += access.Size;
            }

            _accesses[0] += accesses.Length;
            _bytes[0] += bytes;
        });
    }

    /// <inheritdoc/>
    public void Append(AccessTotals next)
    {
        _accesses.Add(next._accesses);
        _bytes.Add(next._bytes);
    }

    /// <inheritdoc/>
    public void Report(IReport report) => report.Row(("accesses", _accesses.Total), ("bytes", _bytes.Total));
}
