namespace Analysis.Plugins.Caches;

/// <summary>A line that some instructions of a piece of code, one after the other, are fetched from.</summary>
/// <param name="Line">Its number.</param>
/// <param name="First">The first of the instructions.</param>
internal readonly record struct FetchedLine(ulong Line, int First);
