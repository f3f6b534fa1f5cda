using System.Formats.Tar;
using System.Security.Cryptography;
using Guest.Machine;
using Replay.Log.Checkpoints;
using Replay.Log.Disks;
using Replay.Log.Manifests;
using Replay.Log.Native;

namespace Replay.Log.Packing;

/// <summary>Packs a recording, with everything another machine needs to replay it, into one file: a tar archive, compressed by zstd (docs/log-format.md).</summary>
public sealed class RecordingPacker
{
    private const int Level = 6;
    private readonly RecordingFolder _recording;
    private readonly bool _withCheckpoints;
    private readonly Action<long>? _progress;

    /// <summary>Prepares to pack.</summary>
    /// <param name="recording">The recording; it may still be growing: what is there now is packed.</param>
    /// <param name="withCheckpoints">Whether to take its checkpoints along; the one it begins with is always taken.</param>
    /// <param name="progress">Called now and then with the bytes read so far.</param>
    public RecordingPacker(RecordingFolder recording, bool withCheckpoints, Action<long>? progress = null)
    {
        _recording = recording;
        _withCheckpoints = withCheckpoints;
        _progress = progress;
    }

    /// <summary>[slot] files with the blocks of disks that the guest read; without, only names of images are packed, unless the recording has such files itself.</summary>
    public IReadOnlyDictionary<int, string> DiskBlocks { get; init; } = new Dictionary<int, string>();

    /// <summary>Bytes that will be read.</summary>
    /// <exception cref="ReplayKitException">As <see cref="Pack"/>.</exception>
    public long TotalBytes => Sources().Sum(source => source.Bytes);

    /// <summary>Packs.</summary>
    /// <param name="output">The file; it appears when it is whole, and must not exist.</param>
    /// <exception cref="ReplayKitException">
    /// The file exists (RK0108) or cannot be written (RK0109, RK0110), a file of the recording cannot be read (RK0105, RK0107) or has changed (RK0106),
    /// or the host has no zstd (RK0111).
    /// </exception>
    public void Pack(string output)
    {
        if (!Zstd.IsAvailable)
        {
            throw new ReplayKitException(LogErrors.CodecMissing, ExitCode.HostCannot, "recordings are packed by zstd and this host has no libzstd.so.1: install libzstd1");
        }

        if (Path.Exists(output))
        {
            throw new ReplayKitException(LogErrors.FolderExists, ExitCode.WrongUsage, $"{output} exists already: name another file or remove it");
        }

        List<PackSource> sources = [.. Sources()];
        string unfinished = output + ".new";
        try
        {
            using (FileStream file = new(unfinished, FileMode.Create, FileAccess.Write))
            {
                Write(file, sources);
                file.Flush(flushToDisk: true);
            }

            File.Move(unfinished, output);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw LogErrors.CannotWrite(output, error);
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    private void Write(FileStream file, List<PackSource> sources)
    {
        using ZstdStreamWriter compressed = new(file, Level);
        using (TarWriter archive = new(compressed, TarEntryFormat.Gnu, leaveOpen: true))
        {
            List<PackedFile> files = [];
            long done = 0;
            foreach (PackSource source in sources)
            {
                using HashedFile content = new(Open(source), source, bytes => _progress?.Invoke(done + bytes));
                Add(archive, source.Name, content);
                done += source.Bytes;
                files.Add(new PackedFile(source.Name, source.Bytes, content.Sha256()));
                Check(source, files[^1]);
            }

            using MemoryStream index = new(new PackIndex(PackIndex.FormatName, PackIndex.CurrentVersion, files).ToJson());
            Add(archive, PackIndex.FileName, index);
        }

        compressed.Flush();
    }

    // The same recording packs to the same bytes: nothing of the host's clock, users or modes gets in.
    private static void Add(TarWriter archive, string name, Stream content) => archive.WriteEntry(new GnuTarEntry(TarEntryType.RegularFile, name)
    {
        DataStream = content,
        ModificationTime = DateTimeOffset.UnixEpoch,
        Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
    });

    private static FileStream Open(PackSource source)
    {
        try
        {
            return new FileStream(source.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw LogErrors.CannotRead(source.Path, error);
        }
    }

    private static void Check(PackSource source, PackedFile packed)
    {
        if (source.Identity is { } identity && identity.Sha256 != packed.Sha256)
        {
            throw LogErrors.Bad(LogErrors.FileChanged, $"{source.Path} is not the file of the recording: it has SHA-256 {packed.Sha256}, recorded was {identity.Sha256}");
        }
    }

    private IEnumerable<PackSource> Sources()
    {
        yield return Of("manifest.json", RecordingPaths.Manifest(_recording.Path));
        foreach (string path in Directory.GetFiles(RecordingPaths.Log(_recording.Path)).Order(StringComparer.Ordinal))
        {
            string name = $"log/{Path.GetFileName(path)}";
            if (PackNames.IsKnown(name))
            {
                yield return Of(name, path);
            }
        }

        if (File.Exists(_recording.ConsolePath))
        {
            yield return Of("console.log", _recording.ConsolePath);
        }

        foreach (PackSource checkpoint in CheckpointSources())
        {
            yield return checkpoint;
        }

        foreach (RecordedDisk disk in _recording.Manifest.Disks)
        {
            string own = Path.Combine(_recording.Path, BlockSet.NameOf(disk.Slot));
            if ((DiskBlocks.GetValueOrDefault(disk.Slot) ?? (File.Exists(own) ? own : null)) is { } blocks)
            {
                yield return Of(BlockSet.NameOf(disk.Slot), blocks);
            }
        }

        // One that begins with a checkpoint boots nothing.
        if (!_recording.StartsFromCheckpoint)
        {
            yield return Of(_recording.Manifest.Kernel);
            if (_recording.Manifest.Initrd is { } initrd && initrd.Sha256 != _recording.Manifest.Kernel.Sha256)
            {
                yield return Of(initrd);
            }
        }
    }

    private IEnumerable<PackSource> CheckpointSources()
    {
        using CheckpointFolder folder = _recording.OpenCheckpoints();
        foreach (Position at in folder.Positions())
        {
            if (_withCheckpoints || (_recording.StartsFromCheckpoint && at == _recording.Start))
            {
                string path = folder.FileOf(at);
                yield return Of($"checkpoints/{Path.GetFileName(path)}", path);
            }
        }
    }

    private PackSource Of(FileIdentity file) => Of($"{PackNames.Files}/{file.Sha256}", file.PathIn(_recording.Path)) with { Identity = file };

    private static PackSource Of(string name, string path)
    {
        FileInfo file = new(path);
        return file.Exists ? new PackSource(name, path, file.Length, null) : throw LogErrors.Bad(LogErrors.FileMissing, $"{path}, which the recording needs, is missing");
    }
}
