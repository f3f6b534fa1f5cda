using System.Buffers.Binary;
using System.Net.Sockets;

namespace Vmm.Record.Network;

/// <summary>Frames through a stream socket, each behind its length (4 bytes, big-endian): what QEMU's <c>-netdev stream</c> and passt speak.</summary>
internal sealed class SocketLink : IFrameLink
{
    private const int LengthBytes = 4;

    // What QEMU takes at most; a peer that says more has lost its place.
    private const uint LongestPeerFrame = 4096 + 65536;

    private readonly Socket _socket;
    private readonly BufferedStream _incoming;
    private readonly byte[] _outgoing = new byte[LengthBytes + LongestPeerFrame];
    private readonly byte[] _lost = new byte[LongestPeerFrame];

    internal SocketLink(Socket socket)
    {
        _socket = socket;
        _incoming = new BufferedStream(new NetworkStream(socket, ownsSocket: false), 1 << 18);
    }

    /// <inheritdoc/>
    public int Receive(Span<byte> frame)
    {
        try
        {
            while (true)
            {
                int length = ReadLength();
                if (length <= frame.Length)
                {
                    _incoming.ReadExactly(frame[..length]);
                    return length;
                }

                _incoming.ReadExactly(_lost, 0, length);
            }
        }
        catch (Exception ended) when (ended is IOException or ObjectDisposedException)
        {
            return 0;
        }
    }

    /// <inheritdoc/>
    public void Send(ReadOnlySpan<byte> frame)
    {
        BinaryPrimitives.WriteInt32BigEndian(_outgoing, frame.Length);
        frame.CopyTo(_outgoing.AsSpan(LengthBytes));
        ReadOnlySpan<byte> left = _outgoing.AsSpan(0, LengthBytes + frame.Length);
        try
        {
            while (!left.IsEmpty)
            {
                left = left[_socket.Send(left)..];
            }
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // The other side is gone, which Receive finds too: the frame is lost as on a cable that was pulled.
            return;
        }
    }

    /// <inheritdoc/>
    public void Close()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            return;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _incoming.Dispose();
        _socket.Dispose();
    }

    private int ReadLength()
    {
        Span<byte> bytes = stackalloc byte[LengthBytes];
        _incoming.ReadExactly(bytes);
        uint length = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        return length is > 0 and <= LongestPeerFrame ? (int)length : throw new IOException("a frame of an impossible length");
    }
}
