using System.Security.Cryptography;
using Guest.Machine;
using Guest.Machine.Memory;
using Replay.Log.Frames;
using Replay.Log.Native;
using Replay.Log.Records;

namespace Replay.Log.Checkpoints;

/// <summary>Writes the file of one checkpoint under another name, and gives it its own when it is whole and on the storage.</summary>
internal sealed class CheckpointFileWriter : IDisposable
{
    /// <summary>The file that is being written, in the locations of its pages.</summary>
    public const int Own = int.MaxValue;

    private const string Unfinished = ".new";

    private readonly string _path;
    private readonly FileStream _file;
    private readonly byte[] _pages = new byte[CheckpointFormat.BlockBytes];
    private readonly byte[] _packed = new byte[BlockHeader.Length
        + Math.Max(CheckpointFormat.BlockBytes, FrameCompression.MaxStoredLength(FrameCompression.Preferred, CheckpointFormat.BlockBytes))];

    private readonly List<StoredBlock> _blocks = [];
    private readonly List<Hash128> _hashes = [];
    private long _offset = CheckpointHeader.Length;

    /// <summary>Begins the file.</summary>
    /// <param name="path">The name it gets in the end.</param>
    /// <exception cref="IOException">It cannot be made.</exception>
    public CheckpointFileWriter(string path)
    {
        _path = path;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        _file = new FileStream(path + Unfinished, FileMode.Create, FileAccess.Write, FileShare.None);
        _file.Write(new byte[CheckpointHeader.Length]);
    }

    /// <summary>The blocks so far.</summary>
    public IReadOnlyList<StoredBlock> Blocks => _blocks;

    /// <summary>Adds a page.</summary>
    /// <param name="content">Its 4096 bytes.</param>
    /// <param name="hash">What it holds.</param>
    /// <returns>Where it is, in file <see cref="Own"/>.</returns>
    public PageLocation Add(ReadOnlySpan<byte> content, Hash128 hash)
    {
        PageLocation location = new(Own, _offset, _hashes.Count);
        content.CopyTo(_pages.AsSpan(_hashes.Count * GuestMemory.PageBytes));
        _hashes.Add(hash);
        if (_hashes.Count == CheckpointFormat.PagesPerBlock)
        {
            EndBlock();
        }

        return location;
    }

    /// <summary>Writes the block that is not full.</summary>
    public void EndBlock()
    {
        if (_hashes.Count == 0)
        {
            return;
        }

        ReadOnlySpan<byte> pages = _pages.AsSpan(0, _hashes.Count * GuestMemory.PageBytes);
        (FrameCodec codec, int length) = FrameCompression.Pack(FrameCompression.Preferred, pages, _packed.AsSpan(BlockHeader.Length));
        uint checksum = Crc32C.Of(_packed.AsSpan(BlockHeader.Length, length));
        new BlockHeader(length, _hashes.Count, codec, checksum).Write(_packed);
        _file.Write(_packed.AsSpan(0, BlockHeader.Length + length));
        _blocks.Add(new StoredBlock(_offset, BlockHeader.Length + length, [.. _hashes]));
        _offset += BlockHeader.Length + length;
        _hashes.Clear();
    }

    /// <summary>Writes the contents and the header, waits for the storage, and gives the file its name.</summary>
    /// <exception cref="IOException">It cannot be written; nothing of it is left under its name.</exception>
    public void Finish(CheckpointContents contents, CheckpointSpaces spaces, Position at, Hash128 recording)
    {
        RecordBuffer buffer = new();
        contents.Write(buffer, spaces);
        byte[] packed = new byte[Math.Max(buffer.Length, FrameCompression.MaxStoredLength(FrameCompression.Preferred, buffer.Length))];
        (FrameCodec codec, int length) = FrameCompression.Pack(FrameCompression.Preferred, buffer.Written, packed);
        ReadOnlySpan<byte> stored = packed.AsSpan(0, length);
        _file.Write(stored);
        CheckpointHeader header = new(CheckpointFormat.Version, codec, at, _offset + length, _offset, buffer.Length, recording)
        {
            ContentsHash = SHA256.HashData(stored),
        };
        _file.Position = 0;
        _file.Write(header.ToBytes());
        _file.Flush(flushToDisk: true);
        _file.Dispose();
        File.Move(_path + Unfinished, _path, overwrite: true);
        Folders.Sync(Path.GetDirectoryName(_path)!);
    }

    /// <summary>Takes back what was not finished.</summary>
    public void Dispose()
    {
        try
        {
            _file.Dispose();
            File.Delete(_path + Unfinished);
        }
        catch (IOException)
        {
            // What is left under the other name is no checkpoint, and is overwritten by the next one there.
            return;
        }
    }
}
