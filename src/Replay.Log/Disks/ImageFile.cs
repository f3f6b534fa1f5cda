using Guest.Machine;
using Microsoft.Win32.SafeHandles;

namespace Replay.Log.Disks;

/// <summary>A file that holds a disk image, opened to be read only or, where asked for, to be written too.</summary>
internal sealed class ImageFile : IDisposable
{
    private readonly SafeFileHandle _handle;

    private ImageFile(string path, SafeFileHandle handle)
    {
        Path = path;
        _handle = handle;
        Length = RandomAccess.GetLength(handle);
    }

    /// <summary>Its path, absolute.</summary>
    internal string Path { get; }

    /// <summary>Its bytes; it grows by writes.</summary>
    internal long Length { get; private set; }

    /// <summary>Opens a file to be read, and never changed.</summary>
    /// <exception cref="ReplayKitException">RK0700: it is missing or cannot be read.</exception>
    internal static ImageFile Open(string path, bool writable = false)
    {
        try
        {
            return new ImageFile(
                System.IO.Path.GetFullPath(path),
                File.OpenHandle(path, FileMode.Open, writable ? FileAccess.ReadWrite : FileAccess.Read, writable ? FileShare.Read : FileShare.ReadWrite));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw DiskErrors.CannotRead(path, error);
        }
    }

    /// <summary>Creates a file to be written.</summary>
    /// <param name="path">Its path; it must not exist.</param>
    /// <param name="temporary">Whether it goes away when it is closed.</param>
    /// <exception cref="ReplayKitException">RK0109, RK0110: it cannot be created.</exception>
    internal static ImageFile Create(string path, bool temporary = false)
    {
        try
        {
            SafeFileHandle handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read);
            if (temporary)
            {
                // The name goes at once, so that nothing is left behind by a killed process; the file goes with its handle.
                File.Delete(path);
            }

            return new ImageFile(System.IO.Path.GetFullPath(path), handle);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw LogErrors.CannotWrite(path, error);
        }
    }

    /// <summary>Reads; what is behind the end of the file reads as zero.</summary>
    internal void Read(long offset, Span<byte> bytes)
    {
        try
        {
            while (bytes.Length > 0)
            {
                int count = RandomAccess.Read(_handle, bytes, offset);
                if (count == 0)
                {
                    bytes.Clear();
                    return;
                }

                bytes = bytes[count..];
                offset += count;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw DiskErrors.CannotRead(Path, error);
        }
    }

    internal void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        try
        {
            RandomAccess.Write(_handle, bytes, offset);
            Length = Math.Max(Length, offset + bytes.Length);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw LogErrors.CannotWrite(Path, error);
        }
    }

    internal void SetLength(long length)
    {
        try
        {
            RandomAccess.SetLength(_handle, length);
            Length = length;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw LogErrors.CannotWrite(Path, error);
        }
    }

    internal void Flush()
    {
        try
        {
            RandomAccess.FlushToDisk(_handle);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw LogErrors.CannotWrite(Path, error);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();
}
