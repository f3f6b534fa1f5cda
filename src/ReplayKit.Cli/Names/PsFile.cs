namespace ReplayKit.Cli.Names;

/// <summary>One line of <c>ps --files</c>.</summary>
/// <param name="Fd">The descriptor.</param>
/// <param name="Path">What it refers to.</param>
/// <param name="Flags">How it was opened, as Linux numbers the flags.</param>
/// <param name="Position">Where the next read or write happens.</param>
internal sealed record PsFile(int Fd, string Path, uint Flags, ulong Position);
