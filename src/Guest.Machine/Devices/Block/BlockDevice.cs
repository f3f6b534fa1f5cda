using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using Guest.Machine.Devices.Virtio;
using Guest.Machine.State;

namespace Guest.Machine.Devices.Block;

/// <summary>The virtio block device (virtio 1.2, 5.2): reads, writes, flushes; what is on the disk stands behind it.</summary>
/// <remarks>
/// A request is read whole at its notification, data to write included, and answered by an input. A request that a reset overtakes stays until
/// its answer comes, which then reaches only the disk: so answers and requests always match.
/// </remarks>
public sealed class BlockDevice : VirtioDevice
{
    /// <summary>Bytes of a sector.</summary>
    public const int SectorBytes = 512;

    /// <summary>The longest request.</summary>
    public const int LongestRequest = MostSegments * LongestSegment;

    private const int MostSegments = 126;
    private const int LongestSegment = 128 << 10;

    // What the device holds at most: a guest that asks for more waits.
    private const int MostPending = 512;
    private const long MostPendingBytes = 64 << 20;

    private const ushort QueueSize = 256;
    private const int HeaderBytes = 16;
    private const int SerialBytes = 20;

    private const ulong SizeMax = 1 << 1;
    private const ulong SegmentMax = 1 << 2;
    private const ulong IsReadOnly = 1 << 5;
    private const ulong BlockSize = 1 << 6;
    private const ulong CanFlush = 1 << 9;
    private const ulong Topology = 1 << 10;

    private const byte PhysicalBlockExponent = 3;

    private readonly IBackEnds _backEnds;
    private readonly ulong _sectors;
    private readonly bool _readOnly;
    private readonly byte[] _serial = new byte[SerialBytes];
    private readonly OutputChain _written = new();
    private readonly List<PendingRequest> _pending = [];
    private readonly Stack<DescriptorChain> _free = [];
    private long _pendingBytes;

    /// <summary>Creates the device.</summary>
    /// <param name="bytes">Size of the disk, whole sectors.</param>
    /// <param name="readOnly">Whether writes fail.</param>
    /// <param name="serial">Its serial number, at most 20 ASCII characters.</param>
    /// <param name="backEnds">Gets the requests.</param>
    public BlockDevice(ulong bytes, bool readOnly, string serial, IBackEnds backEnds)
    {
        _sectors = bytes / SectorBytes;
        _readOnly = readOnly;
        _backEnds = backEnds;
        Encoding.ASCII.GetBytes(serial.AsSpan(0, Math.Min(serial.Length, SerialBytes)), _serial);
    }

    /// <inheritdoc/>
    public override ushort Type => 2;

    /// <inheritdoc/>
    public override uint PciClass => 0x01_80_00;

    /// <inheritdoc/>
    public override ulong Features => SizeMax | SegmentMax | BlockSize | CanFlush | Topology | (_readOnly ? IsReadOnly : 0);

    /// <inheritdoc/>
    public override ImmutableArray<ushort> QueueSizes { get; } = [QueueSize];

    /// <inheritdoc/>
    public override int ConfigurationSize => 36;

    /// <inheritdoc/>
    public override OutputChain Output => _written;

    /// <summary>How many requests wait for their answers, oldest first.</summary>
    public int PendingCount => _pending.Count;

    /// <summary>A request that waits; its data is gone when it has been answered.</summary>
    /// <param name="index">Its place among those that wait, from the oldest, which is 0.</param>
    public DiskRequest Pending(int index) => _pending[index].Request;

    /// <summary>The place of a request among those that wait; -1 where it is none of them.</summary>
    public int IndexOf(DiskRequest request) => _pending.FindIndex(pending => pending.Request == request);

    /// <inheritdoc/>
    public override void Notified(int queue)
    {
        // No more than the ring holds at once, whatever answers overwrite in a guest that lays its rings and buffers over each other.
        for (int left = Queue(0).Size; left > 0 && _pending.Count < MostPending && _pendingBytes < MostPendingBytes; left--)
        {
            DescriptorChain chain = _free.TryPop(out DescriptorChain? used) ? used : new DescriptorChain();
            if (!Queue(0).TryPop(chain))
            {
                _free.Push(chain);
                break;
            }

            Begin(chain);
        }

        Queue(0).Signal();
    }

    /// <summary>Input: the answer to a request.</summary>
    /// <param name="index">Its place among those that wait.</param>
    /// <param name="status">How it ended.</param>
    /// <param name="data">What was read, for a read that is done.</param>
    /// <returns>False where there is no such request, or one of another length.</returns>
    public bool Complete(int index, DiskStatus status, ReadOnlySpan<byte> data)
    {
        if (index < 0 || index >= _pending.Count || data.Length != AnswerLength(_pending[index].Request, status))
        {
            return false;
        }

        PendingRequest pending = _pending[index];
        _pending.RemoveAt(index);
        _pendingBytes -= pending.Request.Length;
        if (pending.Chain is { } chain && Transport.IsRunning)
        {
            Answer(chain, status, data);
        }

        if (pending.Buffer is { } buffer)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        if (Transport.IsRunning)
        {
            Notified(0);
        }

        return true;
    }

    /// <inheritdoc/>
    public override void ReadConfiguration(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, _sectors);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], LongestSegment);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[12..], MostSegments);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[20..], SectorBytes);
        bytes[24] = PhysicalBlockExponent;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[26..], 1 << PhysicalBlockExponent);
    }

    /// <inheritdoc/>
    public override void Reset()
    {
        for (int i = 0; i < _pending.Count; i++)
        {
            _pending[i] = _pending[i] with { Chain = null };
        }
    }

    /// <inheritdoc/>
    public override void Save(StateWriter writer)
    {
        _written.Save(writer);
        writer.WriteInt32(_pending.Count);
        foreach ((DiskRequest request, DescriptorChain? chain, _) in _pending)
        {
            writer.WriteByte((byte)request.Kind);
            writer.WriteUInt64(request.Sector);
            writer.WriteInt32(request.Length);
            writer.WriteBytes(request.Data.Span);
            writer.WriteBool(chain is not null);
            chain?.Save(writer);
        }
    }

    /// <inheritdoc/>
    public override void Restore(StateReader reader)
    {
        _written.Restore(reader);
        _pending.Clear();
        _pendingBytes = 0;
        for (int left = reader.ReadIndex(MostPending + 1); left > 0; left--)
        {
            DiskRequest request = RestoreRequest(reader);
            DescriptorChain? chain = reader.ReadBool() ? new DescriptorChain() : null;
            chain?.Restore(reader, Transport.Memory);
            if (chain is not null && chain.WritableBytes != (request.Kind == DiskRequestKind.Read ? (ulong)request.Length : 0) + 1)
            {
                throw reader.Damaged("a disk request without room for its answer");
            }

            Hold(request, chain, buffer: null);
        }
    }

    private static int AnswerLength(DiskRequest request, DiskStatus status) =>
        request.Kind == DiskRequestKind.Read && status == DiskStatus.Done ? request.Length : 0;

    private DiskRequest RestoreRequest(StateReader reader)
    {
        var kind = (DiskRequestKind)reader.ReadIndexByte((int)DiskRequestKind.Flush + 1);
        ulong sector = reader.ReadUInt64();
        int length = reader.ReadIndex(LongestRequest + 1);
        if (!IsOnDisk(sector, (ulong)length) || (kind == DiskRequestKind.Flush && length > 0))
        {
            throw reader.Damaged("a disk request outside the disk");
        }

        byte[] data = kind == DiskRequestKind.Write ? new byte[length] : [];
        reader.ReadBytes(data);
        return new DiskRequest(kind, sector, length, data);
    }

    // Takes a request in, or answers it at once where the disk has no part in the answer.
    private void Begin(DescriptorChain chain)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        if (chain.ReadableBytes < HeaderBytes || chain.WritableBytes == 0)
        {
            Transport.Break();
            return;
        }

        Queue(0).Read(chain, 0, header);
        ulong sector = BinaryPrimitives.ReadUInt64LittleEndian(header[8..]);
        ulong given = chain.ReadableBytes - HeaderBytes;
        ulong wanted = chain.WritableBytes - 1;
        switch (BinaryPrimitives.ReadUInt32LittleEndian(header))
        {
            case 0:
                Take(chain, DiskRequestKind.Read, sector, wanted, fits: given == 0 && IsOnDisk(sector, wanted));
                break;
            case 1:
                Take(chain, DiskRequestKind.Write, sector, given, fits: wanted == 0 && !_readOnly && IsOnDisk(sector, given));
                break;
            case 4:
                Take(chain, DiskRequestKind.Flush, 0, 0, fits: given == 0 && wanted == 0);
                break;
            case 8:
                Answer(chain, DiskStatus.Done, _serial.AsSpan(0, (int)Math.Min(wanted, SerialBytes)));
                break;
            default:
                Answer(chain, DiskStatus.Unsupported, []);
                break;
        }
    }

    private bool IsOnDisk(ulong sector, ulong length) =>
        length % SectorBytes == 0 && length <= LongestRequest && sector <= _sectors && length / SectorBytes <= _sectors - sector;

    private void Take(DescriptorChain chain, DiskRequestKind kind, ulong sector, ulong length, bool fits)
    {
        if (!fits)
        {
            Answer(chain, DiskStatus.Failed, []);
            return;
        }

        byte[]? buffer = null;
        if (kind == DiskRequestKind.Write)
        {
            buffer = ArrayPool<byte>.Shared.Rent((int)length);
            Queue(0).Read(chain, HeaderBytes, buffer.AsSpan(0, (int)length));
            _written.Add(sector, buffer.AsSpan(0, (int)length));
        }

        var request = new DiskRequest(kind, sector, (int)length, buffer.AsMemory(0, buffer is null ? 0 : (int)length));
        Hold(request, chain, buffer);
        _backEnds.Submit(Slot, request);
    }

    private void Hold(DiskRequest request, DescriptorChain? chain, byte[]? buffer)
    {
        _pending.Add(new PendingRequest(request, chain, buffer));
        _pendingBytes += request.Length;
    }

    // Data goes to the front of the writable part, the status into its last byte.
    private void Answer(DescriptorChain chain, DiskStatus status, ReadOnlySpan<byte> data)
    {
        VirtQueue queue = Queue(0);
        if (queue.Write(chain, 0, data) && queue.Write(chain, chain.WritableBytes - 1, [(byte)status]) && queue.Push(chain, (uint)data.Length + 1))
        {
            _free.Push(chain);
        }
    }
}
