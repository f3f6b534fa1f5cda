namespace Guest.Linux;

/// <summary>What a walk through the guest's memory has found, and whether that is all.</summary>
/// <remarks>A guest stopped in the middle of an update, or one that lies, gives a part and the reason why it is only that.</remarks>
/// <typeparam name="T">What is listed.</typeparam>
/// <param name="Items">What was found, in the guest's order.</param>
/// <param name="Missing">Null where that is all; otherwise what stopped the walk.</param>
public sealed record Listing<T>(IReadOnlyList<T> Items, string? Missing = null)
{
    /// <summary>Whether the walk came to its regular end.</summary>
    public bool IsComplete => Missing is null;
}
