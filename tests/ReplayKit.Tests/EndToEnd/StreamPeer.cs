using System.Buffers.Binary;
using System.Net.Sockets;

namespace ReplayKit.Tests.EndToEnd;

/// <summary>The other side of <c>--net stream</c>: a Unix socket with frames behind their lengths, as QEMU speaks it.</summary>
internal sealed class StreamPeer : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Thread _thread;

    /// <summary>Listens and serves one guest.</summary>
    /// <param name="path">The socket.</param>
    /// <param name="serve">What the peer does, once connected.</param>
    public StreamPeer(string path, Action<StreamPeer> serve)
    {
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen(1);
        _thread = new Thread(() => Serve(serve));
        _thread.Start();
    }

    public Socket Connection { get; private set; } = null!;

    /// <summary>What failed in the peer's thread.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Sends back every frame, until the guest is gone.</summary>
    public static void Echo(StreamPeer peer)
    {
        while (peer.Receive() is { } frame)
        {
            peer.Send(frame);
        }
    }

    public void Send(ReadOnlySpan<byte> frame)
    {
        byte[] bytes = new byte[4 + frame.Length];
        BinaryPrimitives.WriteInt32BigEndian(bytes, frame.Length);
        frame.CopyTo(bytes.AsSpan(4));
        Connection.Send(bytes);
    }

    /// <summary>The next frame; null where the guest is gone.</summary>
    public byte[]? Receive() => Exactly(4) is { } length ? Exactly(BinaryPrimitives.ReadInt32BigEndian(length)) : null;

    public void Dispose()
    {
        _listener.Dispose();
        Connection?.Dispose();
        _thread.Join();
    }

    private byte[]? Exactly(int count)
    {
        byte[] bytes = new byte[count];
        for (int have = 0; have < count;)
        {
            int read = Connection.Receive(bytes.AsSpan(have));
            if (read == 0)
            {
                return null;
            }

            have += read;
        }

        return bytes;
    }

    private void Serve(Action<StreamPeer> serve)
    {
        try
        {
            Connection = _listener.Accept();
            serve(this);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            Failure = error;
        }
    }
}
