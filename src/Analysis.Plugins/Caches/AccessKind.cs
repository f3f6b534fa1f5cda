namespace Analysis.Plugins.Caches;

/// <summary>What memory is accessed for.</summary>
public enum AccessKind
{
    /// <summary>An instruction.</summary>
    Fetch,

    /// <summary>Data that is read.</summary>
    Read,

    /// <summary>Data that is written.</summary>
    Write,
}
