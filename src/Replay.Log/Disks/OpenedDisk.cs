using System.Collections.Immutable;
using Guest.Machine;

namespace Replay.Log.Disks;

/// <summary>A disk image that was opened to be read, with all files behind it, and their identities.</summary>
public sealed class OpenedDisk : IDisposable
{
    // A chain of backing files that is longer than any sensible one runs in a circle.
    private const int LongestChain = 32;

    private OpenedDisk(IDiskImage image, ImmutableArray<DiskFile> files)
    {
        Image = image;
        Files = files;
    }

    /// <summary>What is on the disk.</summary>
    public IDiskImage Image { get; }

    /// <summary>The files that hold it: the one that was named first, then its backing file, and so on.</summary>
    public ImmutableArray<DiskFile> Files { get; }

    /// <summary>Opens an image and its backing files.</summary>
    /// <param name="path">The file.</param>
    /// <param name="format">Its format; null to tell by its first bytes.</param>
    /// <exception cref="ReplayKitException">RK0700 to RK0703: a file cannot be read, is damaged or of a kind that is not known.</exception>
    public static OpenedDisk Open(string path, DiskFormat? format)
    {
        var files = new List<DiskFile>();
        return new OpenedDisk(Open(path, format, files), [.. files]);
    }

    /// <summary>Opens the image of a recording, and checks that its files are those of the recording.</summary>
    /// <param name="files">As the manifest lists them.</param>
    /// <exception cref="ReplayKitException">RK0704: a file is another one; and as <see cref="Open(string, DiskFormat?)"/>.</exception>
    public static OpenedDisk OpenRecorded(ImmutableArray<DiskFile> files)
    {
        OpenedDisk opened = Open(files[0].Path, files[0].Format);
        for (int i = 0; i < Math.Max(files.Length, opened.Files.Length); i++)
        {
            if (i >= files.Length || i >= opened.Files.Length || opened.Files[i] with { Path = files[i].Path } != files[i])
            {
                opened.Dispose();
                throw DiskErrors.AnotherImage(opened.Files[Math.Min(i, opened.Files.Length - 1)].Path);
            }
        }

        return opened;
    }

    /// <inheritdoc/>
    public void Dispose() => Image.Dispose();

    private static IDiskImage Open(string path, DiskFormat? format, List<DiskFile> files)
    {
        if (files.Count == LongestChain)
        {
            throw DiskErrors.TooManyFiles(files[0].Path, LongestChain);
        }

        ImageFile file = ImageFile.Open(path);
        try
        {
            DiskFormat known = format ?? Guess(file);
            files.Add(new DiskFile(file.Path, known, file.Length, DiskFile.SampleOf(file.Length, (at, bytes) => file.Read(at, bytes))));
            if (file.Length == 0)
            {
                throw DiskErrors.Damaged(path, "it is empty");
            }

            return known == DiskFormat.Raw ? new RawImage(file) : OpenQcow2(file, files);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static Qcow2Image OpenQcow2(ImageFile file, List<DiskFile> files)
    {
        Qcow2Header header = Qcow2Header.Read(file);
        IDiskImage? backing = header.Backing is null ? null : Open(BackingPath(file, header), BackingFormat(file, header), files);
        return new Qcow2Image(file, header, backing);
    }

    // Relative to the file that names it. Names such as nbd:… or json:… are protocols, not files.
    private static string BackingPath(ImageFile file, Qcow2Header header)
    {
        string name = header.Backing!;
        int colon = name.IndexOf(':', StringComparison.Ordinal);
        if (name.StartsWith("file:", StringComparison.Ordinal))
        {
            name = name["file:".Length..];
        }
        else if (colon > 0 && name.AsSpan(0, colon).IndexOf('/') < 0)
        {
            throw DiskErrors.UnknownFeature(file.Path, $"the backing file '{name}', which is no file's path");
        }

        return name.Contains('\0', StringComparison.Ordinal)
            ? throw DiskErrors.Damaged(file.Path, "the name of its backing file cannot be")
            : Path.Combine(Path.GetDirectoryName(file.Path) ?? "/", name);
    }

    private static DiskFormat? BackingFormat(ImageFile file, Qcow2Header header) => header.BackingFormat switch
    {
        null => null,
        "raw" => DiskFormat.Raw,
        "qcow2" => DiskFormat.Qcow2,
        string other => throw DiskErrors.UnknownFeature(file.Path, $"a backing file of format '{other}'"),
    };

    private static DiskFormat Guess(ImageFile file)
    {
        byte[] magic = new byte[4];
        file.Read(0, magic);
        return Qcow2Header.UInt32(magic, 0) == Qcow2Header.Magic ? DiskFormat.Qcow2 : DiskFormat.Raw;
    }
}
