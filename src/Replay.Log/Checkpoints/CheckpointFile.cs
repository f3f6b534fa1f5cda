using System.Security.Cryptography;
using Guest.Machine;
using Microsoft.Win32.SafeHandles;
using Replay.Log.Frames;
using Replay.Log.Records;

namespace Replay.Log.Checkpoints;

/// <summary>A checkpoint's file, open for reading; believes no byte before it is checked.</summary>
/// <remarks>Blocks may be read by several threads at once.</remarks>
internal sealed class CheckpointFile : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly CheckpointSpaces _spaces;
    private CheckpointContents? _contents;

    private CheckpointFile(string path, SafeFileHandle file, CheckpointHeader header, CheckpointSpaces spaces)
    {
        Path = path;
        _file = file;
        Header = header;
        _spaces = spaces;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Its header.</summary>
    public CheckpointHeader Header { get; }

    /// <summary>What it says beside the pages; read at the first call.</summary>
    /// <exception cref="ReplayKitException">Damage (RK0101), or what this code does not know (RK0104).</exception>
    public CheckpointContents Contents => _contents ??= ReadContents();

    /// <summary>Opens it and reads its header.</summary>
    /// <param name="path">The file.</param>
    /// <param name="at">The position that its name says.</param>
    /// <param name="recording">The recording that it must belong to.</param>
    /// <param name="spaces">What of the machine consists of pages.</param>
    /// <exception cref="ReplayKitException">
    /// Damage (RK0101), a newer version (RK0103), another recording's checkpoint (RK0121), or a file that cannot be read (RK0105).
    /// </exception>
    public static CheckpointFile Open(string path, Position at, Hash128 recording, CheckpointSpaces spaces)
    {
        SafeFileHandle? file = null;
        bool isOpen = false;
        try
        {
            file = File.OpenHandle(path);
            CheckpointHeader header = ReadHeader(path, file, at, recording);
            isOpen = true;
            return new CheckpointFile(path, file, header, spaces);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw LogErrors.CannotRead(path, error);
        }
        finally
        {
            if (!isOpen)
            {
                file?.Dispose();
            }
        }
    }

    /// <summary>Reads and unpacks one block.</summary>
    /// <param name="offset">Where it begins.</param>
    /// <param name="pages">Room for <see cref="CheckpointFormat.BlockBytes"/>.</param>
    /// <returns>The number of its pages.</returns>
    /// <exception cref="ReplayKitException">It is damaged (RK0101), or cannot be read (RK0105).</exception>
    public int ReadBlock(long offset, Span<byte> pages)
    {
        Span<byte> head = stackalloc byte[BlockHeader.Length];
        if (offset > Header.ContentsOffset - BlockHeader.Length || !Fill(head, offset) || !BlockHeader.TryRead(head, out BlockHeader header))
        {
            throw Damage(offset, "no block of pages begins here");
        }

        byte[] stored = new byte[header.StoredLength];
        if (!Fill(stored, offset + BlockHeader.Length) || Crc32C.Of(stored) != header.Checksum)
        {
            throw Damage(offset, "the checksum of the block of pages does not match");
        }

        try
        {
            FrameCompression.Unpack(header.Codec, stored, pages[..(header.Pages * Guest.Machine.Memory.GuestMemory.PageBytes)]);
            return header.Pages;
        }
        catch (InvalidDataException error)
        {
            throw Damage(offset, error.Message);
        }
    }

    /// <summary>The error that the file is damaged.</summary>
    public ReplayKitException Damage(long offset, string what) => LogErrors.Damage(Path, offset, what);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static CheckpointHeader ReadHeader(string path, SafeFileHandle file, Position at, Hash128 recording)
    {
        byte[] bytes = new byte[CheckpointHeader.Length];
        int got = RandomAccess.Read(file, bytes, 0);
        if (got < bytes.Length || !bytes.AsSpan().StartsWith(CheckpointHeader.Magic) || !CheckpointHeader.IsWhole(bytes))
        {
            throw LogErrors.Damage(path, 0, "no whole header of a checkpoint begins here");
        }

        CheckpointHeader header = CheckpointHeader.Read(bytes);
        if (header.Version > CheckpointFormat.Version)
        {
            throw LogErrors.NewerVersion(path, header.Version, CheckpointFormat.Version);
        }

        if (header.Recording != recording)
        {
            throw LogErrors.Bad(LogErrors.OtherRecording, $"{path} is a checkpoint of another recording: remove it");
        }

        bool valuesHold = header.Version >= 1
            && header.At == at
            && header.ContentsOffset >= CheckpointHeader.Length
            && header.ContentsLength >= 0
            && header.FileLength == RandomAccess.GetLength(file)
            && header.StoredLength > 0
            && header.StoredLength <= header.ContentsLength;
        return valuesHold ? header : throw LogErrors.Damage(path, 0, "the header does not fit the file: it is cut, longer than it was, or under another's name");
    }

    private CheckpointContents ReadContents()
    {
        long most = Math.Min(int.MaxValue / 2, LogFormat.MaxPayloadBytes + (64 * _spaces.Rows));
        if (Header.ContentsLength > most)
        {
            throw Damage(0, "the header announces more contents than the machine can have");
        }

        byte[] stored = new byte[Header.StoredLength];
        if (!Fill(stored, Header.ContentsOffset) || !SHA256.HashData(stored).AsSpan().SequenceEqual(Header.ContentsHash))
        {
            throw Damage(Header.ContentsOffset, "the hash of the checkpoint's contents does not match");
        }

        if (!Enum.IsDefined(Header.Codec))
        {
            throw LogErrors.UnknownContent(Path, 0, $"codec {(int)Header.Codec}");
        }

        try
        {
            byte[] contents = new byte[Header.ContentsLength];
            FrameCompression.Unpack(Header.Codec, stored, contents);
            return Checked(CheckpointContents.Read(contents, _spaces));
        }
        catch (Exception error) when (error is InvalidDataException or RecordFormatException { IsUnknown: false })
        {
            throw Damage(Header.ContentsOffset, error.Message);
        }
        catch (RecordFormatException error)
        {
            throw LogErrors.UnknownContent(Path, Header.ContentsOffset, error.Message);
        }
    }

    private CheckpointContents Checked(CheckpointContents contents)
    {
        long end = contents.Blocks.Count == 0 ? CheckpointHeader.Length : contents.Blocks[^1].Offset + contents.Blocks[^1].Length;
        return end == Header.ContentsOffset ? contents : throw new RecordFormatException("the blocks do not end where the contents begin");
    }

    private bool Fill(Span<byte> bytes, long offset)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                int got = RandomAccess.Read(_file, bytes, offset);
                if (got == 0)
                {
                    return false;
                }

                bytes = bytes[got..];
                offset += got;
            }

            return true;
        }
        catch (IOException error)
        {
            throw LogErrors.CannotRead(Path, error);
        }
    }
}
