using System.Numerics;
using Guest.Machine.State;

namespace Guest.Machine.Devices.Apic;

/// <summary>256 bits, one per vector: the form of the local APIC's IRR, ISR and TMR (Intel SDM 3A 11.8.4).</summary>
public sealed class VectorSet
{
    private readonly ulong[] _words = new ulong[4];

    /// <summary>The bit of one vector.</summary>
    public bool this[byte vector]
    {
        get => (_words[vector >> 6] & (1ul << (vector & 63))) != 0;
        set
        {
            ulong bit = 1ul << (vector & 63);
            _words[vector >> 6] = value ? _words[vector >> 6] | bit : _words[vector >> 6] & ~bit;
        }
    }

    /// <summary>The highest vector that is set, -1 where none is.</summary>
    public int Highest
    {
        get
        {
            for (int i = 3; i >= 0; i--)
            {
                if (_words[i] != 0)
                {
                    return (i * 64) + 63 - BitOperations.LeadingZeroCount(_words[i]);
                }
            }

            return -1;
        }
    }

    /// <summary>32 vectors as the registers show them.</summary>
    /// <param name="index">0 for vectors 0 to 31, up to 7.</param>
    public uint Word(int index) => unchecked((uint)(_words[index >> 1] >> ((index & 1) * 32)));

    /// <summary>Clears every bit.</summary>
    public void Clear() => Array.Clear(_words);

    internal void Save(StateWriter writer)
    {
        foreach (ulong word in _words)
        {
            writer.WriteUInt64(word);
        }
    }

    internal void Restore(StateReader reader)
    {
        for (int i = 0; i < _words.Length; i++)
        {
            _words[i] = reader.ReadUInt64();
        }
    }
}
