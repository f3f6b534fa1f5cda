namespace Replay.Log.Checkpoints;

/// <summary>What the next checkpoint of a series builds on.</summary>
/// <param name="Table">What every page held at the last one.</param>
/// <param name="Disks">[slot] what the written blocks of each disk held at the last one.</param>
/// <param name="File">The last one's number in its folder; -1 for none.</param>
/// <param name="Depth">How many tables have to be read before the last one's.</param>
/// <param name="Contents">Where content is stored.</param>
internal sealed record SeriesState(PageTable Table, IReadOnlyDictionary<int, DiskTable> Disks, int File, int Depth, ContentIndex Contents);
