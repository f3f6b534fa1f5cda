namespace Analysis.Plugins.BlockVectors;

/// <summary>Which code is looked at.</summary>
public enum CodePart
{
    /// <summary>All of it.</summary>
    All,

    /// <summary>What runs at privilege 0.</summary>
    Kernel,

    /// <summary>What runs at privilege 3.</summary>
    User,
}
