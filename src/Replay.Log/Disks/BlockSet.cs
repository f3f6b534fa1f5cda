using System.Buffers.Binary;
using System.Globalization;
using Guest.Machine;

namespace Replay.Log.Disks;

/// <summary>Some blocks of a disk in a file: those of an image that a guest has read (docs/log-format.md, packed). Any other is refused.</summary>
public sealed class BlockSet : IDiskImage
{
    private const uint Magic = 0x4244_4B52;
    private const uint Version = 1;
    private const int HeaderBytes = 24;
    private const int NumberBytes = 4;
    private const int BlockBytes = ScratchDisk.BlockBytes;

    private readonly ImageFile _file;
    private readonly uint[] _blocks;
    private readonly byte[] _block = new byte[BlockBytes];

    private BlockSet(ImageFile file, long bytes, uint[] blocks)
    {
        _file = file;
        Bytes = bytes;
        _blocks = blocks;
    }

    /// <inheritdoc/>
    public long Bytes { get; }

    /// <summary>The name of the file in a recording.</summary>
    /// <param name="slot">The disk's slot.</param>
    public static string NameOf(int slot) => $"disks/{slot.ToString(CultureInfo.InvariantCulture)}.blocks";

    /// <summary>Writes a file.</summary>
    /// <param name="path">Its path; it must not exist.</param>
    /// <param name="image">Where the blocks come from.</param>
    /// <param name="blocks">Their numbers, ascending.</param>
    /// <exception cref="ReplayKitException">A block cannot be read (RK0700, RK0701), or the file not be written (RK0109, RK0110).</exception>
    public static void Write(string path, IDiskImage image, IReadOnlyList<int> blocks)
    {
        using ImageFile file = ImageFile.Create(path);
        byte[] head = new byte[HeaderBytes + (NumberBytes * blocks.Count)];
        BinaryPrimitives.WriteUInt32LittleEndian(head, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(4), Version);
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(8), image.Bytes);
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(16), blocks.Count);
        byte[] block = new byte[BlockBytes];
        for (int i = 0; i < blocks.Count; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(HeaderBytes + (NumberBytes * i)), blocks[i]);
            image.ReadBlock(blocks[i], block);
            file.Write(head.Length + ((long)BlockBytes * i), block);
        }

        file.Write(0, head);
    }

    /// <summary>Opens a file.</summary>
    /// <exception cref="ReplayKitException">It cannot be read (RK0700), is damaged (RK0701), or of a newer version (RK0702).</exception>
    public static BlockSet Open(string path)
    {
        ImageFile file = ImageFile.Open(path);
        try
        {
            Span<byte> header = stackalloc byte[HeaderBytes];
            file.Read(0, header);
            uint version = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
            long bytes = BinaryPrimitives.ReadInt64LittleEndian(header[8..]);
            long count = BinaryPrimitives.ReadInt64LittleEndian(header[16..]);
            bool isOne = BinaryPrimitives.ReadUInt32LittleEndian(header) == Magic && version > 0 && bytes > 0
                && count >= 0 && count <= file.Length / BlockBytes && file.Length == HeaderBytes + (count * (NumberBytes + BlockBytes));
            return !isOne ? throw DiskErrors.Damaged(path, "it holds no set of blocks, or not all of one")
                : version > Version ? throw DiskErrors.UnknownFeature(path, $"version {version} of sets of blocks")
                : new BlockSet(file, bytes, Numbers(file, bytes, (int)count));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Read(long offset, Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int within = (int)(offset % BlockBytes);
            int length = Math.Min(bytes.Length, BlockBytes - within);
            int index = Array.BinarySearch(_blocks, (uint)(offset / BlockBytes));
            if (index < 0)
            {
                throw new ReplayKitException(708, ExitCode.BadInput, $"{_file.Path} holds the blocks of a disk that the recorded guest read, and block {offset / BlockBytes} is none of them: the image itself is needed");
            }

            _file.Read(HeaderBytes + ((long)NumberBytes * _blocks.Length) + ((long)BlockBytes * index), _block);
            _block.AsSpan(within, length).CopyTo(bytes);
            offset += length;
            bytes = bytes[length..];
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static uint[] Numbers(ImageFile file, long bytes, int count)
    {
        byte[] stored = new byte[NumberBytes * count];
        file.Read(HeaderBytes, stored);
        var numbers = new uint[count];
        for (int i = 0; i < count; i++)
        {
            numbers[i] = BinaryPrimitives.ReadUInt32LittleEndian(stored.AsSpan(NumberBytes * i));
            if ((long)numbers[i] * BlockBytes >= bytes || (i > 0 && numbers[i] <= numbers[i - 1]))
            {
                throw DiskErrors.Damaged(file.Path, $"the number of its block {i} cannot be");
            }
        }

        return numbers;
    }
}
