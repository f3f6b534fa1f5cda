namespace Guest.Machine.Memory;

/// <summary>What the pages of RAM contribute to the state hash (docs/determinism.md). Immutable: for any thread.</summary>
public abstract class PageHash
{
    /// <summary>The hash of a recording.</summary>
    /// <param name="key">The key its manifest names; null for one of format version 1, which names none.</param>
    public static PageHash For(Hash128? key) => key is { } named ? new AegisPageHash(named) : new Sha256PageHash();

    /// <summary>What a page contributes; 0 for a page of zeros.</summary>
    /// <param name="page">Its number in RAM.</param>
    /// <param name="content">Its 4096 bytes.</param>
    public Hash128 Of(int page, ReadOnlySpan<byte> content) => content.IndexOfAnyExcept((byte)0) < 0 ? 0 : OfContent(page, content);

    /// <summary>What a page that is not all zero contributes.</summary>
    protected abstract Hash128 OfContent(int page, ReadOnlySpan<byte> content);
}
