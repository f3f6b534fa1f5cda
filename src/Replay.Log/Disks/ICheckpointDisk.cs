namespace Replay.Log.Disks;

/// <summary>A disk that knows which of its blocks were written: what a checkpoint keeps of it. For one thread at a time.</summary>
public interface ICheckpointDisk : IDisk
{
    /// <summary>The numbers of the blocks that may differ from the image the recording names, ascending: with them a checkpoint is complete.</summary>
    IEnumerable<int> WrittenBlocks { get; }

    /// <summary>The numbers of the blocks that were written since this was called last, or since anything was restored; ascending.</summary>
    IReadOnlyList<int> CollectChanged();

    /// <summary>Lets <see cref="CollectChanged"/> begin anew.</summary>
    void ForgetChanged();
}
