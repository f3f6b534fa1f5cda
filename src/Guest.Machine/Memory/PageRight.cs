namespace Guest.Machine.Memory;

/// <summary>What a vCPU that runs beside others may do with a page of RAM (docs/multicore.md).</summary>
public enum PageRight : byte
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Read it, with any number of others.</summary>
    Read,

    /// <summary>Read and write it, alone.</summary>
    Write,
}
