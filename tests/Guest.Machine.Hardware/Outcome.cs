namespace Guest.Machine.Hardware;

/// <summary>How a case ended: completed, or with an exception.</summary>
/// <param name="Vector">The exception's vector, or <see cref="None"/>.</param>
/// <param name="ErrorCode">The error code; 0 where the vector has none.</param>
/// <param name="Address">CR2 of a page fault; 0 for the others.</param>
public readonly record struct Outcome(int Vector, uint ErrorCode, ulong Address)
{
    /// <summary>The vector of a case that completed.</summary>
    public const int None = -1;

    /// <summary>The vector of a case whose result is unusable because the CPU under test has no answer (for example an instruction it lacks).</summary>
    public const int Unusable = -2;

    /// <summary>The instruction completed; RIP of the state is where execution goes on.</summary>
    public static Outcome Completed => new(None, 0, 0);

    /// <summary>The outcome in words.</summary>
    public override string ToString() => Vector switch
    {
        None => "completed",
        Unusable => "unusable",
        14 => $"#PF(0x{ErrorCode:x}) at 0x{Address:x}",
        _ => $"{Name(Vector)}(0x{ErrorCode:x})",
    };

    /// <summary>The manual's name of an exception.</summary>
    public static string Name(int vector) => vector switch
    {
        0 => "#DE",
        1 => "#DB",
        3 => "#BP",
        4 => "#OF",
        5 => "#BR",
        6 => "#UD",
        7 => "#NM",
        11 => "#NP",
        12 => "#SS",
        13 => "#GP",
        14 => "#PF",
        16 => "#MF",
        17 => "#AC",
        19 => "#XM",
        None => "completed",
        _ => $"vector {vector}",
    };
}
