using Analysis.Plugins.WhoWrote;

namespace Analysis.Plugins.Search;

/// <summary>A place in memory where the bytes were for some time.</summary>
/// <param name="Physical">Guest-physical address of their first byte.</param>
/// <param name="Order">Where they were complete; of those that were there at the start, or that no instruction wrote, where they were seen.</param>
/// <param name="Writer">The write that completed them; null where no instruction was seen to do it.</param>
internal sealed record Occurrence(ulong Physical, ulong Order, WriteRecord? Writer)
{
    /// <summary>Where they were overwritten; null where they are still there at the end.</summary>
    internal ulong? Gone { get; set; }
}
