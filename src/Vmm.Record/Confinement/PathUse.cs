namespace Vmm.Record.Confinement;

/// <summary>What a confined process may do below a path.</summary>
public enum PathUse
{
    /// <summary>Everything.</summary>
    All,

    /// <summary>Read files and list folders.</summary>
    Read,

    /// <summary>Remove empty folders.</summary>
    RemoveFolders,

    /// <summary>Remove files.</summary>
    RemoveFiles,
}
