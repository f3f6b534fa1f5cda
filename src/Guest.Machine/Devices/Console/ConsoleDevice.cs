using System.Buffers.Binary;
using System.Collections.Immutable;
using Guest.Machine.Board;
using Guest.Machine.Devices.Virtio;
using Guest.Machine.State;

namespace Guest.Machine.Devices.Console;

/// <summary>The virtio console device (virtio 1.2, 5.3) with one port and a size: typed bytes and new sizes are inputs, what the guest writes is output.</summary>
/// <remarks>
/// Text leaves where the guest notifies. What is typed waits in the device until the guest has offered buffers, so nothing typed is lost before the guest
/// listens; after that it moves where the guest notifies, and is no input of its own. Linux looks at the size only when it is told of a change: it is told so
/// where it sends its first text.
/// </remarks>
public sealed class ConsoleDevice : VirtioDevice
{
    /// <summary>Bytes of typed input that wait at most.</summary>
    public const int QueueCapacity = 65536;

    /// <summary>Bytes of the longest text that the guest may hand over in one request; a longer one is a fault of the guest.</summary>
    public const int LongestText = 1 << 20;

    private const int ReceiveQueue = 0;
    private const ushort QueueSize = 64;
    private const ulong HasSize = 1 << 0;
    private const int PieceBytes = 4096;

    private readonly IConsoleOutput _output;
    private readonly ByteQueue _typed = new(QueueCapacity);
    private readonly ChainQueue _offered = new(QueueSize);
    private readonly DescriptorChain _sending = new();
    private bool _hasSent;

    /// <summary>Creates the device.</summary>
    /// <param name="description">Its first size.</param>
    /// <param name="output">Where the guest's text goes.</param>
    public ConsoleDevice(ConsoleDescription description, IConsoleOutput output)
    {
        _output = output;
        Columns = description.Columns;
        Rows = description.Rows;
    }

    /// <inheritdoc/>
    public override ushort Type => 3;

    /// <inheritdoc/>
    public override uint PciClass => 0x07_80_00;

    /// <inheritdoc/>
    public override ulong Features => HasSize;

    /// <inheritdoc/>
    public override ImmutableArray<ushort> QueueSizes { get; } = [QueueSize, QueueSize];

    /// <inheritdoc/>
    public override int ConfigurationSize => 12;

    /// <summary>Characters of a line, as the guest is told.</summary>
    public ushort Columns { get; private set; }

    /// <summary>Lines, as the guest is told.</summary>
    public ushort Rows { get; private set; }

    /// <inheritdoc/>
    public override void Notified(int queue)
    {
        if (queue == ReceiveQueue)
        {
            TakeBuffers();
        }
        else
        {
            SendText();
        }
    }

    /// <summary>Input: bytes typed on the console.</summary>
    /// <returns>How many were taken, from the start of the span; the rest has no room now.</returns>
    public int Receive(ReadOnlySpan<byte> bytes)
    {
        int taken = _typed.Add(bytes);
        Deliver();
        return taken;
    }

    /// <summary>Input: the terminal has another size.</summary>
    public void Resize(ushort columns, ushort rows)
    {
        Columns = columns;
        Rows = rows;
        Transport.ConfigurationChanged();
    }

    /// <inheritdoc/>
    public override void ReadConfiguration(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, Columns);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[2..], Rows);
    }

    /// <inheritdoc/>
    public override void Reset()
    {
        _offered.Clear();
        _hasSent = false;
    }

    /// <inheritdoc/>
    public override void Save(StateWriter writer)
    {
        writer.WriteUInt16(Columns);
        writer.WriteUInt16(Rows);
        writer.WriteBool(_hasSent);
        _typed.Save(writer);
        _offered.Save(writer);
    }

    /// <inheritdoc/>
    public override void Restore(StateReader reader)
    {
        Columns = reader.ReadUInt16();
        Rows = reader.ReadUInt16();
        _hasSent = reader.ReadBool();
        _typed.Restore(reader);
        _offered.Restore(reader, Transport.Memory);
    }

    private void TakeBuffers()
    {
        while (_offered.TryTake(Queue(ReceiveQueue)))
        {
            if (_offered.Newest.WritableBytes == 0)
            {
                _offered.Clear();
                Transport.Break();
                return;
            }
        }

        Deliver();
    }

    private void Deliver()
    {
        VirtQueue queue = Queue(ReceiveQueue);
        Span<byte> piece = stackalloc byte[PieceBytes];
        bool any = false;
        while (Transport.IsRunning && _typed.Count > 0 && _offered.Count > 0)
        {
            DescriptorChain chain = _offered.Oldest;
            Span<byte> bytes = piece[..(int)Math.Min((ulong)Math.Min(_typed.Count, PieceBytes), chain.WritableBytes)];
            for (int i = 0; i < bytes.Length; i++)
            {
                _typed.TryTake(out bytes[i]);
            }

            if (!queue.Write(chain, 0, bytes) || !queue.Push(chain, (uint)bytes.Length))
            {
                return;
            }

            _offered.Drop();
            any = true;
        }

        if (any)
        {
            queue.Signal();
        }
    }

    // No more than the ring holds at once, as with any device: a ring that lies over itself could else feed it for ever.
    private void SendText()
    {
        VirtQueue queue = Queue(ReceiveQueue + 1);
        bool isFirst = !_hasSent;
        for (int left = queue.Size; left > 0 && queue.TryPop(_sending); left--)
        {
            if (_sending.ReadableBytes > LongestText)
            {
                Transport.Break();
                return;
            }

            Write(queue);
            _hasSent = true;
            if (!queue.Push(_sending, 0))
            {
                return;
            }
        }

        queue.Signal();
        if (isFirst && _hasSent)
        {
            Transport.ConfigurationChanged();
        }
    }

    private void Write(VirtQueue queue)
    {
        Span<byte> piece = stackalloc byte[PieceBytes];
        for (ulong at = 0; at < _sending.ReadableBytes; at += PieceBytes)
        {
            Span<byte> bytes = piece[..(int)Math.Min(PieceBytes, _sending.ReadableBytes - at)];
            queue.Read(_sending, at, bytes);
            foreach (byte value in bytes)
            {
                _output.Write(value);
            }
        }
    }
}
