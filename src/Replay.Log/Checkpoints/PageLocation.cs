namespace Replay.Log.Checkpoints;

/// <summary>Where the content of a page is stored; the default is a page of zeros, which is stored nowhere.</summary>
/// <param name="File">The file's number in its <see cref="CheckpointFolder"/>.</param>
/// <param name="Offset">Where the block begins in the file; 0 for a page of zeros.</param>
/// <param name="Slot">Which page of the block.</param>
internal readonly record struct PageLocation(int File, long Offset, int Slot)
{
    /// <summary>Whether the page is all zeros.</summary>
    public bool IsZero => Offset == 0;
}
