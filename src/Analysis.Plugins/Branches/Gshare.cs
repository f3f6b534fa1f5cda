namespace Analysis.Plugins.Branches;

/// <summary>Counters of two bits by the jump's address, exclusive-or what the last jumps did (S. McFarling, 1993).</summary>
/// <param name="bits">Bits of the table's index, and jumps that are remembered.</param>
public sealed class Gshare(int bits) : IDirectionPredictor
{
    private readonly byte[] _counters = Bimodal.NewCounters(bits);
    private ulong _history;

    /// <inheritdoc/>
    public string Name => "gshare";

    /// <inheritdoc/>
    public bool Predict(ulong pc, bool taken)
    {
        ulong mask = (1ul << bits) - 1;
        ref byte counter = ref _counters[(pc ^ _history) & mask];
        bool predicted = counter >= 2;
        Bimodal.Count(ref counter, taken);
        _history = ((_history << 1) | (taken ? 1ul : 0)) & mask;
        return predicted;
    }
}
