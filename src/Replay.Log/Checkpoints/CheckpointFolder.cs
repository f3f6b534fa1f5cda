using Guest.Machine;
using Guest.Machine.Board;

namespace Replay.Log.Checkpoints;

/// <summary>The checkpoints of a recording (docs/checkpoints.md).</summary>
/// <remarks>Files are opened when they are needed and stay open until this is disposed. May be used by a machine's thread and one that writes at once.</remarks>
public sealed class CheckpointFolder : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<CheckpointFile> _files = [];
    private readonly Dictionary<Position, int> _numbers = [];

    /// <summary>Names the folder; it may not exist yet.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="recording">The recording that all its checkpoints belong to (<see cref="RecordingFolder.Id"/>).</param>
    /// <param name="machine">The machine.</param>
    public CheckpointFolder(string path, Hash128 recording, MachineDescription machine)
    {
        Path = path;
        Recording = recording;
        Spaces = CheckpointSpaces.Of(machine);
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The recording they belong to.</summary>
    public Hash128 Recording { get; }

    /// <summary>What of the machine consists of pages.</summary>
    internal CheckpointSpaces Spaces { get; }

    /// <summary>Where there are checkpoints, in ascending order. Looks at the folder.</summary>
    /// <exception cref="ReplayKitException">The folder cannot be read (RK0105).</exception>
    public IReadOnlyList<Position> Positions()
    {
        try
        {
            List<Position> positions = [];
            foreach (string file in Directory.Exists(Path) ? Directory.EnumerateFiles(Path) : [])
            {
                if (CheckpointFormat.TryParse(System.IO.Path.GetFileName(file), out Position at))
                {
                    positions.Add(at);
                }
            }

            positions.Sort((a, b) => (a.Vcpu, a.Retired).CompareTo((b.Vcpu, b.Retired)));
            return positions;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw LogErrors.CannotRead(Path, error);
        }
    }

    /// <summary>Whether there is one at a position.</summary>
    public bool Has(Position at) => File.Exists(FileOf(at));

    /// <summary>Bytes of the file of the one at a position; 0 where there is none.</summary>
    public long BytesOf(Position at) => Has(at) ? new FileInfo(FileOf(at)).Length : 0;

    /// <summary>Reads the checkpoint at a position: its state and its page table, not the pages.</summary>
    /// <exception cref="ReplayKitException">It, or one it rests on, is damaged (RK0101), newer (RK0103), not known (RK0104), or of another recording (RK0121).</exception>
    public Checkpoint Open(Position at)
    {
        CheckpointFile file = FileNumbered(NumberOf(at));
        PageTable table = new(Spaces.Pages);
        SortedDictionary<int, DiskTable> disks = [];
        FillTables(file, table, disks);
        return new Checkpoint(this, file, table, disks);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _files.ForEach(file => file.Dispose());
            _files.Clear();
            _numbers.Clear();
        }
    }

    /// <summary>The path of the checkpoint at a position.</summary>
    internal string FileOf(Position at) => System.IO.Path.Combine(Path, CheckpointFormat.FileName(at));

    /// <summary>The number by which page tables name the file of a position.</summary>
    internal int NumberOf(Position at)
    {
        lock (_gate)
        {
            if (!_numbers.TryGetValue(at, out int number))
            {
                number = _files.Count;
                _files.Add(CheckpointFile.Open(FileOf(at), at, Recording, Spaces));
                _numbers.Add(at, number);
            }

            return number;
        }
    }

    /// <summary>The file of a number.</summary>
    internal CheckpointFile FileNumbered(int number)
    {
        lock (_gate)
        {
            return _files[number];
        }
    }

    /// <summary>What tells the file of a number from any other.</summary>
    internal CheckpointReference ReferenceTo(int number)
    {
        CheckpointHeader header = FileNumbered(number).Header;
        return new CheckpointReference(header.At, header.Id);
    }

    // The tables from the whole one on, each changed by the next.
    private void FillTables(CheckpointFile file, PageTable table, SortedDictionary<int, DiskTable> disks)
    {
        CheckpointContents contents = file.Contents;
        int[] numbers = Resolve(file);
        if (contents.Base > 0)
        {
            FillTables(BaseOf(file, numbers), table, disks);
        }

        int own = NumberOf(file.Header.At);
        PageEntry Located(PageEntry entry) => entry.Location.IsZero
            ? entry
            : entry with { Location = entry.Location with { File = entry.Location.File == 0 ? own : numbers[entry.Location.File - 1] } };
        table.Apply(contents.Entries.Select(Located));
        foreach (DiskRows rows in contents.Disks)
        {
            disks.TryAdd(rows.Slot, new DiskTable());
            disks[rows.Slot].Apply(rows.Entries.Select(Located));
            if (disks[rows.Slot].Sum != rows.Sum)
            {
                throw file.Damage(file.Header.ContentsOffset, $"the rows of the disk in slot {rows.Slot} are not those of their sum");
            }
        }
    }

    private CheckpointFile BaseOf(CheckpointFile file, int[] numbers)
    {
        CheckpointFile toBase = FileNumbered(numbers[file.Contents.Base - 1]);
        return toBase.Contents.Depth == file.Contents.Depth - 1
            ? toBase
            : throw file.Damage(file.Header.ContentsOffset, "it rests on a checkpoint that does not fit below it");
    }

    private int[] Resolve(CheckpointFile file)
    {
        var numbers = new int[file.Contents.RestsOn.Count];
        for (int i = 0; i < numbers.Length; i++)
        {
            CheckpointReference reference = file.Contents.RestsOn[i];
            if (!Has(reference.At))
            {
                throw file.Damage(file.Header.ContentsOffset, $"it rests on {CheckpointFormat.FileName(reference.At)}, which is missing");
            }

            numbers[i] = NumberOf(reference.At);
            if (ReferenceTo(numbers[i]) != reference)
            {
                throw file.Damage(file.Header.ContentsOffset, $"it rests on another {CheckpointFormat.FileName(reference.At)} than the one that is there");
            }
        }

        return numbers;
    }
}
