using Guest.Machine.State;

namespace Guest.Machine.Memory;

/// <summary>The page hash of a recording that names a key: <see cref="AegisMac"/> under that key, with the page's number as the nonce.</summary>
/// <remarks>Some ten times as fast as SHA-256. The guest does not know the key, so it cannot make two pages that hash alike.</remarks>
internal sealed class AegisPageHash(Hash128 key) : PageHash
{
    /// <inheritdoc/>
    protected override Hash128 OfContent(int page, ReadOnlySpan<byte> content) => AegisMac.Of(key, (ulong)page, content);
}
