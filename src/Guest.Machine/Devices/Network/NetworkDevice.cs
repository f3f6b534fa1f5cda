using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net.NetworkInformation;
using Guest.Machine.Board;
using Guest.Machine.Devices.Virtio;
using Guest.Machine.State;

namespace Guest.Machine.Devices.Network;

/// <summary>The virtio network device (virtio 1.2, 5.1): frames sent are outputs, frames received are inputs.</summary>
/// <remarks>
/// One pair of queues and no offloads: a frame is what travels on a wire. A frame is sent where the guest notifies; one that is received lands in the
/// buffers that the guest had offered by its last notification, in as many as it needs where the guest has agreed to that (VIRTIO_NET_F_MRG_RXBUF).
/// </remarks>
public sealed class NetworkDevice : VirtioDevice
{
    /// <summary>Bytes of a frame without payload: two addresses and a type.</summary>
    public const int ShortestFrame = 14;

    private const int ReceiveQueue = 0;
    private const int SendQueue = 1;
    private const ushort QueueSize = 256;
    private const int HeaderBytes = 12;
    private const int BufferCountOffset = 10;
    private const int MacBytes = 6;
    private const int VlanTagBytes = 4;
    private const ushort LinkIsUp = 1;

    private const ulong HasMtu = 1 << 3;
    private const ulong HasMac = 1 << 5;
    private const ulong MergesBuffers = 1 << 15;
    private const ulong HasStatus = 1 << 16;

    private readonly IBackEnds _backEnds;
    private readonly byte[] _mac;
    private readonly ushort _mtu;
    private readonly byte[] _frame;
    private readonly OutputChain _sent = new();
    private readonly ChainQueue _offered = new(QueueSize);
    private readonly DescriptorChain _sending = new();

    /// <summary>Creates the device.</summary>
    /// <param name="description">Its addresses and sizes; possible ones.</param>
    /// <param name="backEnds">Gets the frames that the guest sends.</param>
    public NetworkDevice(NetworkDescription description, IBackEnds backEnds)
    {
        _backEnds = backEnds;
        _mac = PhysicalAddress.Parse(description.Mac).GetAddressBytes();
        _mtu = description.Mtu;
        _frame = new byte[LongestFrame];
    }

    /// <inheritdoc/>
    public override ushort Type => 1;

    /// <inheritdoc/>
    public override uint PciClass => 0x02_00_00;

    /// <inheritdoc/>
    public override ulong Features => HasMtu | HasMac | MergesBuffers | HasStatus;

    /// <inheritdoc/>
    public override ImmutableArray<ushort> QueueSizes { get; } = [QueueSize, QueueSize];

    /// <inheritdoc/>
    public override int ConfigurationSize => 12;

    /// <inheritdoc/>
    public override OutputChain Output => _sent;

    /// <summary>Bytes of the longest frame that passes.</summary>
    public int LongestFrame => ShortestFrame + VlanTagBytes + _mtu;

    /// <summary>Whether the guest's driver runs; a network drops what it sends to one that does not.</summary>
    public bool IsListening => Transport.IsRunning;

    /// <summary>Sees the frames that pass; null for nobody.</summary>
    public IFrameObserver? Observer { get; set; }

    private bool Merges => Transport.Has(MergesBuffers);

    /// <inheritdoc/>
    public override void Notified(int queue)
    {
        if (queue == ReceiveQueue)
        {
            TakeBuffers();
        }
        else
        {
            SendFrames();
        }
    }

    /// <summary>Whether a frame of that length is taken now; looking changes nothing.</summary>
    public bool CanReceive(int length) =>
        length >= ShortestFrame && length <= LongestFrame && IsListening && (Merges ? BuffersFor(length) is not null || IsFull : _offered.Count > 0);

    /// <summary>Input: a frame. One that no buffers of this guest can ever hold is taken and dropped.</summary>
    /// <returns>False where <see cref="CanReceive"/> says no; then nothing has happened.</returns>
    public bool Receive(ReadOnlySpan<byte> frame)
    {
        if (!CanReceive(frame.Length))
        {
            return false;
        }

        Observer?.Received(Slot, frame);
        if (BuffersFor(frame.Length) is { } buffers)
        {
            Deliver(frame, buffers);
            Queue(ReceiveQueue).Signal();
        }

        return true;
    }

    /// <inheritdoc/>
    public override void ReadConfiguration(Span<byte> bytes)
    {
        _mac.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[MacBytes..], LinkIsUp);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[8..], 1);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[10..], _mtu);
    }

    /// <inheritdoc/>
    public override void Reset() => _offered.Clear();

    /// <inheritdoc/>
    public override void Save(StateWriter writer)
    {
        _sent.Save(writer);
        _offered.Save(writer);
    }

    /// <inheritdoc/>
    public override void Restore(StateReader reader)
    {
        _sent.Restore(reader);
        _offered.Restore(reader, Transport.Memory);
        for (int i = 0; i < _offered.Count; i++)
        {
            if (_offered[i].WritableBytes < HeaderBytes)
            {
                throw reader.Damaged("a buffer for frames without room for their header");
            }
        }
    }

    private bool IsFull => _offered.Count >= Queue(ReceiveQueue).Size;

    // How many of the oldest buffers a frame fills; null where those that are there do not hold it.
    private int? BuffersFor(int length)
    {
        ulong room = 0;
        for (int i = 0; i < (Merges ? _offered.Count : Math.Min(1, _offered.Count)); i++)
        {
            room += _offered[i].WritableBytes;
            if (room >= (ulong)(HeaderBytes + length))
            {
                return i + 1;
            }
        }

        return null;
    }

    private void TakeBuffers()
    {
        while (_offered.TryTake(Queue(ReceiveQueue)))
        {
            if (_offered.Newest.WritableBytes < HeaderBytes)
            {
                _offered.Clear();
                Transport.Break();
                return;
            }
        }

        if (_offered.Count > 0)
        {
            _backEnds.Ready(Slot);
        }
    }

    private void Deliver(ReadOnlySpan<byte> frame, int buffers)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        header.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(header[BufferCountOffset..], (ushort)buffers);
        VirtQueue queue = Queue(ReceiveQueue);
        for (; buffers > 0; buffers--)
        {
            DescriptorChain chain = _offered.Oldest;
            int room = (int)Math.Min(chain.WritableBytes - (ulong)header.Length, (ulong)frame.Length);
            if (!queue.Write(chain, 0, header) || !queue.Write(chain, (ulong)header.Length, frame[..room]) || !queue.Push(chain, (uint)(header.Length + room)))
            {
                return;
            }

            _offered.Drop();
            frame = frame[room..];
            header = [];
        }
    }

    // No more than the ring holds at once, as with any device: a ring that lies over itself could else feed it for ever.
    private void SendFrames()
    {
        VirtQueue queue = Queue(SendQueue);
        for (int left = queue.Size; left > 0 && queue.TryPop(_sending); left--)
        {
            if (_sending.ReadableBytes < HeaderBytes)
            {
                Transport.Break();
                return;
            }

            Send(queue, _sending.ReadableBytes - HeaderBytes);
            if (!queue.Push(_sending, 0))
            {
                return;
            }
        }

        queue.Signal();
    }

    private void Send(VirtQueue queue, ulong length)
    {
        if (length < ShortestFrame || length > (ulong)_frame.Length)
        {
            return;
        }

        Span<byte> frame = _frame.AsSpan(0, (int)length);
        queue.Read(_sending, HeaderBytes, frame);
        _sent.Add(length, frame);
        Observer?.Sent(Slot, frame);
        _backEnds.Send(Slot, frame);
    }
}
