namespace Replay.Multicore;

/// <summary>What a vCPU may do with a memory object.</summary>
public enum Right
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Read it, with any number of others.</summary>
    Read,

    /// <summary>Read and write it, alone.</summary>
    Write,
}
