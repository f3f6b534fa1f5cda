using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text.Json;
using Guest.Machine;
using Replay.Log.Native;

namespace Replay.Log.Packing;

/// <summary>A recording packed into one file, to be unpacked again.</summary>
public sealed class PackedRecording
{
    private const int BufferBytes = 1 << 20;
    private readonly string _path;
    private readonly Action<long>? _progress;

    /// <summary>Names the file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="progress">Called now and then with the bytes of the file read so far.</param>
    public PackedRecording(string path, Action<long>? progress = null)
    {
        _path = path;
        _progress = progress;
    }

    /// <summary>Unpacks it into a folder, which appears when all of it is there and checked.</summary>
    /// <param name="folder">The folder; it must not exist.</param>
    /// <exception cref="ReplayKitException">
    /// The folder exists (RK0108) or cannot be written (RK0109, RK0110), the file cannot be read (RK0105), is damaged (RK0101), is newer (RK0103) or
    /// holds what is not known (RK0104), or the host has no zstd (RK0111).
    /// </exception>
    public void Unpack(string folder)
    {
        if (!Zstd.IsAvailable)
        {
            throw new ReplayKitException(LogErrors.CodecMissing, ExitCode.HostCannot, "the recording is packed by zstd and this host has no libzstd.so.1: install libzstd1");
        }

        if (Path.Exists(folder))
        {
            throw new ReplayKitException(LogErrors.FolderExists, ExitCode.WrongUsage, $"{folder} exists already: name another folder or remove it");
        }

        string unfinished = folder.TrimEnd('/') + ".new";
        using FileStream file = Open();
        try
        {
            if (Directory.Exists(unfinished))
            {
                Directory.Delete(unfinished, recursive: true);
            }

            Directory.CreateDirectory(unfinished);
            Extract(file, unfinished);
            Directory.Move(unfinished, folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw LogErrors.CannotWrite(folder, error);
        }
        finally
        {
            if (Directory.Exists(unfinished))
            {
                Directory.Delete(unfinished, recursive: true);
            }
        }
    }

    private FileStream Open()
    {
        try
        {
            return File.OpenRead(_path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw LogErrors.CannotRead(_path, error);
        }
    }

    private void Extract(FileStream file, string folder)
    {
        try
        {
            using ZstdStreamReader unpacked = new(file);
            using TarReader archive = new(unpacked);
            List<PackedFile> found = [];
            while (archive.GetNextEntry() is { } entry)
            {
                if (entry.Name == PackIndex.FileName)
                {
                    Compare(found, ReadIndex(entry));
                    return;
                }

                found.Add(ExtractFile(entry, folder));
                _progress?.Invoke(file.Position);
            }

            throw LogErrors.Damage(_path, file.Position, "the archive ends without its index");
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException or FormatException or NotSupportedException or JsonException)
        {
            throw LogErrors.Damage(_path, file.Position, $"it is no packed recording, or not all of one ({error.Message.TrimEnd('.')})");
        }
    }

    // Only the names that a packer gives, each once: nothing is ever written anywhere else.
    private PackedFile ExtractFile(TarEntry entry, string folder)
    {
        if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile) || !PackNames.IsKnown(entry.Name))
        {
            throw LogErrors.UnknownContent(_path, 0, $"an entry {entry.EntryType} {entry.Name}");
        }

        string path = Path.Combine(folder, entry.Name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using FileStream file = new(path, FileMode.CreateNew, FileAccess.Write);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[BufferBytes];
        int got;
        while (entry.DataStream is { } content && (got = content.Read(buffer)) > 0)
        {
            hash.AppendData(buffer.AsSpan(0, got));
            file.Write(buffer.AsSpan(0, got));
        }

        return new PackedFile(entry.Name, file.Length, Convert.ToHexStringLower(hash.GetCurrentHash()));
    }

    private static PackIndex ReadIndex(TarEntry entry)
    {
        if (entry.DataStream is not { } content || entry.Length > PackIndex.MaxBytes)
        {
            throw new InvalidDataException("the index is empty or too large");
        }

        byte[] json = new byte[entry.Length];
        content.ReadExactly(json);
        return PackIndex.Parse(json);
    }

    private void Compare(List<PackedFile> found, PackIndex index)
    {
        if (index.Version > PackIndex.CurrentVersion)
        {
            throw LogErrors.NewerVersion(_path, index.Version, PackIndex.CurrentVersion);
        }

        PackedFile? wrong = found.Except(index.Files).Concat(index.Files.Except(found)).FirstOrDefault();
        if (wrong is not null || found.Count != index.Files.Count)
        {
            throw LogErrors.Damage(_path, 0, $"{wrong?.Name ?? "a file"} is not what its index says");
        }
    }
}
