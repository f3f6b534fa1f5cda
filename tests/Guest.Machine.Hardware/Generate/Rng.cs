namespace Guest.Machine.Hardware.Generate;

/// <summary>A small deterministic random generator (SplitMix64): the same seed gives the same cases on every host.</summary>
public struct Rng(ulong seed)
{
    private ulong state = seed;

    /// <summary>A generator for one item of a series.</summary>
    public static Rng For(ulong seed, ulong a, ulong b, ulong c)
    {
        var r = new Rng(seed);
        r.state = r.Next() ^ a;
        r.state = r.Next() ^ b;
        r.state = r.Next() ^ c;
        return r;
    }

    /// <summary>64 random bits.</summary>
    public ulong Next()
    {
        ulong z = state += 0x9E37_79B9_7F4A_7C15;
        z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
        return z ^ (z >> 31);
    }

    /// <summary>A number from 0 to below <paramref name="count"/>.</summary>
    public int Below(int count) => (int)(((Next() >> 32) * (ulong)count) >> 32);

    /// <summary>Fills bytes.</summary>
    public void Fill(Span<byte> bytes)
    {
        for (int at = 0; at + 8 <= bytes.Length; at += 8)
        {
            BitConverter.TryWriteBytes(bytes[at..], Next());
        }
    }

    /// <summary>True in <paramref name="percent"/> of a hundred cases.</summary>
    public bool Percent(int percent) => Below(100) < percent;
}
