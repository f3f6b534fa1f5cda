namespace Guest.Linux.Files;

/// <summary>A file descriptor of a process.</summary>
/// <param name="Descriptor">Its number.</param>
/// <param name="File">What it refers to.</param>
/// <param name="Flags">The flags it was opened with (<c>O_RDWR</c> and so on, as Linux numbers them).</param>
/// <param name="Position">Where the next read or write happens, in bytes.</param>
public sealed record OpenFile(int Descriptor, GuestFile File, uint Flags, ulong Position);
