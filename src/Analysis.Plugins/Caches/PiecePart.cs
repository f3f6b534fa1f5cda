namespace Analysis.Plugins.Caches;

/// <summary>An access of 1 to 8 bytes that emitted code makes each time that it executes a piece of code.</summary>
/// <param name="Index">Its instruction.</param>
/// <param name="Word">The word of the trace that its address counts from.</param>
/// <param name="Place">How many bytes behind that it begins.</param>
/// <param name="Size">Its bytes.</param>
/// <param name="IsWrite">Whether it writes.</param>
internal readonly record struct PiecePart(ushort Index, ushort Word, short Place, byte Size, bool IsWrite);
