using System.Collections.Concurrent;
using System.Text;

namespace Replay.Engine.Debug.Gdb;

/// <summary>Packets to and from one gdb. A thread of its own reads, so that gdb's Ctrl-C and its leaving are seen while a replay runs.</summary>
public sealed class PacketStream : IDisposable
{
    private const byte Acknowledged = (byte)'+';
    private const byte Refused = (byte)'-';
    private readonly Stream _stream;
    private readonly Action _interrupted;
    private readonly BlockingCollection<string> _packets = [];
    private readonly Lock _writing = new();
    private readonly Thread _reader;
    private volatile bool _acknowledges = true;
    private volatile bool _isIdle;

    /// <summary>Begins to read.</summary>
    /// <param name="stream">The connection; it is closed at the end.</param>
    /// <param name="interrupted">Called by the reading thread for Ctrl-C, and when gdb has gone, while a packet is being answered or waits for it.</param>
    public PacketStream(Stream stream, Action interrupted)
    {
        _stream = stream;
        _interrupted = interrupted;
        _reader = new Thread(Read) { IsBackground = true, Name = "gdb packets" };
        _reader.Start();
    }

    /// <summary>Waits for the next packet; null when gdb has gone.</summary>
    public string? Next()
    {
        _isIdle = true;
        bool isThere = _packets.TryTake(out string? packet, Timeout.Infinite);
        _isIdle = false;
        return isThere ? packet : null;
    }

    /// <summary>Sends a packet. Nothing happens where gdb has gone.</summary>
    /// <param name="data">Characters 00H to FFH, which are bytes; escapes are added.</param>
    public void Send(string data)
    {
        StringBuilder packet = new("$");
        int sum = 0;
        foreach (char each in data)
        {
            if (each is '$' or '#' or '}' or '*')
            {
                packet.Append('}');
                sum += '}';
            }

            char sent = each is '$' or '#' or '}' or '*' ? (char)(each ^ 0x20) : each;
            packet.Append(sent);
            sum += sent;
        }

        packet.Append('#').Append((sum & 0xFF).ToString("x2", System.Globalization.CultureInfo.InvariantCulture));
        Write(Encoding.Latin1.GetBytes(packet.ToString()));
    }

    /// <summary>Neither sends nor expects acknowledgements any longer (QStartNoAckMode).</summary>
    public void StopAcknowledging() => _acknowledges = false;

    /// <inheritdoc/>
    public void Dispose()
    {
        _stream.Dispose();
        _reader.Join();
        _packets.Dispose();
    }

    private void Read()
    {
        try
        {
            Take();
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // The connection is gone: no more packets.
        }

        _packets.CompleteAdding();
        Interrupt();
    }

    // Where nothing is done for gdb, there is nothing to interrupt.
    private void Interrupt()
    {
        if (!_isIdle || _packets.Count > 0)
        {
            _interrupted();
        }
    }

    private void Take()
    {
        byte[] bytes = new byte[0x4000];
        PacketParser parser = new();
        for (int count = _stream.Read(bytes); count > 0; count = _stream.Read(bytes))
        {
            foreach (byte value in bytes.AsSpan(0, count))
            {
                Take(parser, parser.Take(value));
            }
        }
    }

    private void Take(PacketParser parser, PacketKind kind)
    {
        switch (kind)
        {
            case PacketKind.Packet:
                Acknowledge(Acknowledged);
                _packets.Add(Encoding.Latin1.GetString(parser.Data));
                break;
            case PacketKind.Damaged:
                Acknowledge(Refused);
                break;
            case PacketKind.Interrupt:
                Interrupt();
                break;
        }
    }

    private void Acknowledge(byte answer)
    {
        if (_acknowledges)
        {
            Write([answer]);
        }
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        try
        {
            lock (_writing)
            {
                _stream.Write(bytes);
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // The reading thread sees that gdb has gone.
            return;
        }
    }
}
