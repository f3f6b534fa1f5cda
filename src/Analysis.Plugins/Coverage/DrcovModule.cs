namespace Analysis.Plugins.Coverage;

/// <summary>A line of a drcov file's module table.</summary>
/// <param name="Path">The file's path, or what stands for one.</param>
/// <param name="Base">The address from which offsets count: the file's own, so that it is the same in all processes.</param>
/// <param name="End">The address behind its last.</param>
internal readonly record struct DrcovModule(string Path, ulong Base, ulong End);
