namespace Vmm.Record.Confinement;

/// <summary>A file or folder that a confined process goes on to use by its name.</summary>
/// <param name="Path">Where it is; a folder stands for all that is below it. Nothing need be there.</param>
/// <param name="Use">What for.</param>
public readonly record struct UsablePath(string Path, PathUse Use = PathUse.All);
