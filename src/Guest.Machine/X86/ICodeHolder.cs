namespace Guest.Machine.X86;

/// <summary>Whoever keeps something derived from guest code.</summary>
internal interface ICodeHolder
{
    /// <summary>Bytes of a page are about to change: what was derived from them goes.</summary>
    void CodeChanging(int page, int offset, int length);

    /// <summary>Whether anything derived from a page is kept.</summary>
    bool HoldsCode(int page);
}
