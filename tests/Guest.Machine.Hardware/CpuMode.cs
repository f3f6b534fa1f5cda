namespace Guest.Machine.Hardware;

/// <summary>The mode in which cases run, always at privilege 3.</summary>
public enum CpuMode
{
    /// <summary>64-bit mode.</summary>
    Long,

    /// <summary>Compatibility mode with 32-bit code, as a 32-bit program runs under a 64-bit kernel.</summary>
    Compatibility,
}
