namespace Guest.Machine.X86;

/// <summary>What an access wants to do with a page.</summary>
public enum AccessKind
{
    /// <summary>Read data.</summary>
    Read,

    /// <summary>Write data.</summary>
    Write,

    /// <summary>Fetch an instruction.</summary>
    Fetch,
}
