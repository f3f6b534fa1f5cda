namespace Guest.Machine.Hardware.Generate;

/// <summary>One case: an instruction with a state, and bytes to put into memory before it runs.</summary>
public sealed class Case
{
    /// <summary>The most places a case writes before it runs.</summary>
    public const int MaxPokes = 12;

    /// <summary>The instruction.</summary>
    public Instance Instance { get; } = new();

    /// <summary>The state before.</summary>
    public CpuSnapshot State;

    /// <summary>Where operand bytes go.</summary>
    public ulong[] PokeAddress { get; } = new ulong[MaxPokes];

    /// <summary>How many bytes each place gets.</summary>
    public int[] PokeSize { get; } = new int[MaxPokes];

    /// <summary>The operand bytes, 1024 for each place.</summary>
    public byte[] PokeBytes { get; } = new byte[MaxPokes * 1024];

    /// <summary>How many places there are.</summary>
    public int Pokes { get; set; }

    /// <summary>The bytes of one place.</summary>
    public Span<byte> Poke(int index) => PokeBytes.AsSpan(index * 1024, PokeSize[index]);
}
