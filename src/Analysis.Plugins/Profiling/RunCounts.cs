namespace Analysis.Plugins.Profiling;

/// <summary>Instructions by stack and by the address at which execution came to the function on its top: after a call, a return, a jump or an interrupt.</summary>
internal sealed class RunCounts
{
    private readonly AddressTable _runs = new();
    private long[] _counts = new long[1 << 12];

    /// <summary>All of them, in no order that means anything.</summary>
    public IEnumerable<(int Stack, ulong Pc, long Count)> All =>
        Enumerable.Range(0, _runs.Count).Where(run => _counts[run] != 0).Select(run => ((int)_runs[run].First, _runs[run].Second, _counts[run]));

    /// <summary>How many there are.</summary>
    public int Count => _runs.Count - _counts.AsSpan(0, _runs.Count).Count(0);

    /// <summary>Adds instructions.</summary>
    public void Add(int stack, ulong pc, long count) => Add(Of(stack, pc), count);

    /// <summary>Adds instructions to a run by its number.</summary>
    public void Add(int run, long count) => _counts[run] += count;

    /// <summary>The number of a run.</summary>
    public int Of(int stack, ulong pc)
    {
        int run = _runs.Of((uint)stack, pc);
        if (run == _counts.Length)
        {
            Array.Resize(ref _counts, 2 * run);
        }

        return run;
    }
}
