namespace Guest.Machine.Memory;

/// <summary>Whoever keeps something derived from the contents of guest memory and must drop it when they change.</summary>
public interface IPageWatcher
{
    /// <summary>Bytes of a page that holds predecoded instructions are about to change.</summary>
    void CodeChanging(int page, int offset, int length);

    /// <summary>Whether it keeps anything derived from instructions of a page.</summary>
    bool HoldsCode(int page);

    /// <summary>Bytes of a page that a walk has read are about to change.</summary>
    /// <returns>Whether anything is derived from the page still.</returns>
    bool WalkedPageChanging(int page, int offset, ReadOnlySpan<byte> bytes);

    /// <summary>Whether anything is derived from a page that a walk has read. A vCPU may ask about another one of a page that it alone has the right to.</summary>
    bool IsDerivedFrom(int page);

    /// <summary>A page is no longer one that may be written without ceremony.</summary>
    void WriteRightsRevoked(int page);

    /// <summary>Every page's write right is revoked (where somebody asks what was written).</summary>
    void AllWriteRightsRevoked();
}
