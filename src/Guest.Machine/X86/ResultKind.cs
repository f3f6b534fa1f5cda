namespace Guest.Machine.X86;

/// <summary>Where an instruction's results come from (docs/defined-results.md).</summary>
public enum ResultKind
{
    /// <summary>Results that Intel and AMD both guarantee: the host's own instruction, or arithmetic that equals it.</summary>
    Host,

    /// <summary>Results that differ between vendors or are undefined: ours, the same in every engine and on every host.</summary>
    Defined,

    /// <summary>Privileged or system behaviour, checked by the bare-metal suite instead of the host's CPU.</summary>
    System,
}
