namespace Analysis.Plugins.Branches;

/// <summary>A counter of two bits for each jump, by the low bits of its address (J. E. Smith, 1981).</summary>
/// <param name="bits">Bits of the table's index.</param>
public sealed class Bimodal(int bits) : IDirectionPredictor
{
    private readonly byte[] _counters = NewCounters(bits);

    /// <inheritdoc/>
    public string Name => "bimodal";

    /// <inheritdoc/>
    public bool Predict(ulong pc, bool taken)
    {
        bool predicted = Look(pc);
        Learn(pc, taken);
        return predicted;
    }

    internal bool Look(ulong pc) => _counters[Index(pc)] >= 2;

    internal void Learn(ulong pc, bool taken) => Count(ref _counters[Index(pc)], taken);

    // Weakly not taken.
    internal static byte[] NewCounters(int bits)
    {
        byte[] counters = new byte[1 << bits];
        Array.Fill(counters, (byte)1);
        return counters;
    }

    internal static void Count(ref byte counter, bool taken) => counter = (byte)(taken ? Math.Min(counter + 1, 3) : Math.Max(counter - 1, 0));

    private int Index(ulong pc) => (int)(pc & ((1ul << bits) - 1));
}
